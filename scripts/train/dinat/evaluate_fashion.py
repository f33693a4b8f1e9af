"""
Measure dinat-fashion on the 10,000 test pictures: python3 -m dinat.evaluate_fashion [--state FILE] [--fixture FOLDER].
With --fixture it writes what the WebGPU code is compared with: predictions.bin, the class of each test picture as one
byte, and first-200.safetensors, the first pictures as they are in the package, their labels and logits.
"""

import argparse
from pathlib import Path

import torch

from common.export import load_exported
from common.tensor_file import write_tensors

from .backbone import Classifier
from .config import FASHION, MODEL_FILES
from .export import load_classifier
from .fashion import load_fashion, read_pictures, to_input

BATCH = 250
FIXTURE_PICTURES = 200


def load(args):
    """The averaged weights of a training state, or the model file."""
    if args.state:
        return load_classifier(args.state)[0], FASHION
    return load_exported(MODEL_FILES["dinat-fashion"], lambda config: Classifier(config["backbone"], len(config["classes"])))


def write_fixture(folder, predicted, labels, logits):
    """The files that the product's tests read."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "predictions.bin").write_bytes(bytes(predicted.tolist()))
    tensors = {
        "pictures": torch.from_numpy(read_pictures("test")[:FIXTURE_PICTURES].copy()),
        "labels": labels[:FIXTURE_PICTURES].to(torch.uint8),
        "logits": logits[:FIXTURE_PICTURES],
    }
    write_tensors(folder / f"first-{FIXTURE_PICTURES}.safetensors", tensors, {"license": "MIT"})


def main():
    """Print the accuracy, and for each class how many of its pictures were recognised and what the rest was taken for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", help="a training state; without it the model file")
    parser.add_argument("--fixture", help="folder for the predictions")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, config = load(args)
    pictures, labels = load_fashion("test")
    with torch.no_grad():
        logits = torch.cat([model(to_input(part)) for part in pictures.split(BATCH)])
    predicted = logits.argmax(dim=1)
    counts = torch.zeros(10, 10).index_put_((labels, predicted), torch.ones(len(labels)), accumulate=True)
    for index, name in enumerate(config["classes"]):
        row = counts[index] / counts[index].sum()
        taken = row.clone()
        taken[index] = 0
        most = int(taken.argmax())
        print(f"{name:12} {row[index]:.3f}; as {config['classes'][most]}: {taken[most]:.3f}")
    print(f"accuracy {(predicted == labels).float().mean():.4f}")
    if args.fixture:
        write_fixture(Path(args.fixture), predicted, labels, logits)


if __name__ == "__main__":
    main()
