"""Write trained weights as model files and register them: python3 -m dinat.export MODEL [--state FILE...]."""

import argparse
import json
from itertools import islice

import torch

from common.registry import register
from common.tensor_file import write_tensors
from common.training import load_average, renew_batch_norm

from .backbone import Classifier
from .composites import ANIMAL
from .config import ANIMAL_BOXES, ANIMAL_MARGIN, FASHION, MODEL_FILES, SKY_ANIMAL, TRAIN_FOLDER
from .detector import MaskRcnnDinat
from .pictures_cache import load_pictures
from .train_segmenter import batches
from .upernet import UperNetDinat

LICENCE = "Apache-2.0"
NORM_BATCHES = 40


def load_classifier(*states):
    """Averaged weights of a training state, and its summary."""
    model = Classifier(FASHION["backbone"], len(FASHION["classes"]))
    summary = load_average(model, *states)
    return model.eval(), summary


def load_segmenter(*states):
    """The same; batch norm is measured again, since its statistics were those of other weights."""
    model = UperNetDinat(SKY_ANIMAL["network"])
    summary = load_average(model, *states)
    with torch.no_grad():
        model.decode_head.conv_seg.bias[ANIMAL] -= ANIMAL_MARGIN
    source = batches(load_pictures(), seed=0, device="cpu", first_step=0)
    return renew_batch_norm(model, (pictures for pictures, _ in islice(source, NORM_BATCHES))), summary


def load_detector(*states):
    """Averaged weights and summary; there is no batch norm."""
    model = MaskRcnnDinat(ANIMAL_BOXES["network"])
    summary = load_average(model, *states)
    return model.eval(), summary


MODELS = {
    "dinat-sky-animal": ("semantic", SKY_ANIMAL, load_segmenter),
    "dinat-fashion": ("classify", FASHION, load_classifier),
    "dinat-animal-boxes": ("detect2d", ANIMAL_BOXES, load_detector),
}


def main():
    """Round to 16 bits, write, register."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--state", nargs="+", help="training states; the mean of their averaged weights is written")
    args = parser.parse_args()
    task, config, load = MODELS[args.model]
    model, summary = load(*(args.state or [TRAIN_FOLDER / f"{args.model.removeprefix('dinat-')}.pt"]))
    config = dict(config, training=summary, licence=LICENCE)
    # Integers such as the number of batches that batch norm has seen are of no use to a reader.
    tensors = {key: value.half() for key, value in model.state_dict().items() if value.is_floating_point()}
    path = MODEL_FILES[args.model]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, tensors, {"config": json.dumps(config), "format": "pt"})
    params = sum(parameter.numel() for parameter in model.parameters())
    entry = {
        "id": args.model,
        "task": task,
        "package": "dinat",
        "scales": [],
        "licence": LICENCE,
        "params": params,
        "card": f"{args.model}/README.md",
        "source": "scripts/train/dinat",
    }
    register(entry, path)
    print(f"{path}: {params} parameters, {summary}")


if __name__ == "__main__":
    main()
