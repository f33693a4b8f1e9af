"""
Measure dinat-fashion on the 10,000 test pictures: python3 -m dinat.evaluate_fashion [--state FILE] [--predictions FILE].
With --predictions the classes are written, one byte for each picture: what the WebGPU code is compared with.
"""

import argparse
import json
from pathlib import Path

import torch

from common.tensor_file import read_tensors

from .backbone import Classifier
from .config import FASHION, MODEL_FILES
from .export import load_classifier
from .fashion import load_fashion, to_input

BATCH = 250


def load(args):
    """The averaged weights of a training state, or the model file."""
    if args.state:
        return load_classifier(args.state)[0], FASHION
    tensors, metadata = read_tensors(MODEL_FILES["dinat-fashion"])
    config = json.loads(metadata["config"])
    model = Classifier(config["backbone"], len(config["classes"]))
    model.load_state_dict({name: value.float() for name, value in tensors.items()})
    return model.eval(), config


def main():
    """Print the accuracy, and for each class how many of its pictures were recognised and what the rest was taken for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", help="a training state; without it the model file")
    parser.add_argument("--predictions", help="file for the predicted classes")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, config = load(args)
    pictures, labels = load_fashion("test")
    with torch.no_grad():
        predicted = torch.cat([model(to_input(part)).argmax(dim=1) for part in pictures.split(BATCH)])
    counts = torch.zeros(10, 10).index_put_((labels, predicted), torch.ones(len(labels)), accumulate=True)
    for index, name in enumerate(config["classes"]):
        row = counts[index] / counts[index].sum()
        taken = row.clone()
        taken[index] = 0
        most = int(taken.argmax())
        print(f"{name:12} {row[index]:.3f}; as {config['classes'][most]}: {taken[most]:.3f}")
    print(f"accuracy {(predicted == labels).float().mean():.4f}")
    if args.predictions:
        Path(args.predictions).write_bytes(bytes(predicted.tolist()))


if __name__ == "__main__":
    main()
