"""
Measure favit-photo-type on the test photographs: python3 -m favit.evaluate_photo_type [--state FILE].
With --fixture FILE it writes the scores of the pictures of the fixtures, which the WebGPU code is compared with, instead.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from common.export import load_exported
from common.paths import REPOSITORY
from common.pictures import centre_square, normalise

from .backbone import Classifier
from .config import MODEL_FILES, PHOTO_TYPE
from .export import load_photo_type
from .photo_types import listed, load_photos


@torch.no_grad()
def scores_of(model, config, picture):
    """Probability of each type."""
    square = torch.from_numpy(centre_square(picture, config["input"])).permute(2, 0, 1)
    return model(normalise(square)[None])[0].softmax(dim=0)


def measure(model, config):
    """Print what was wrong, each type, and the accuracy."""
    names = config["classes"]
    counts = torch.zeros(len(names), len(names))
    pictures, types = load_photos("test")
    for entry, picture, number in zip(listed("test"), pictures, types):
        scores = scores_of(model, config, picture)
        best = int(scores.argmax())
        counts[number, best] += 1
        if best != number:
            print(f"{entry['name']:40} {names[number]:10} taken for {names[best]} {scores[best]:.2f}", flush=True)
    for number, name in enumerate(names):
        found = {names[other]: int(count) for other, count in enumerate(counts[number]) if count}
        print(f"{name:10} {counts[number, number] / counts[number].sum():.3f} of {int(counts[number].sum())}: {found}")
    print(f"accuracy {counts.trace() / counts.sum():.4f} of {int(counts.sum())}")


def main():
    """Measure, or write the fixture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", help="a training state; without it the model file")
    parser.add_argument("--fixture", help="file for the scores")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.state:
        model, config = load_photo_type(args.state)[0], PHOTO_TYPE
    else:
        path = MODEL_FILES["favit-photo-type"]
        model, config = load_exported(path, lambda config: Classifier(config["backbone"], len(config["classes"])))
    if not args.fixture:
        measure(model, config)
        return
    scores = {}
    for path in sorted((REPOSITORY / "fixtures" / "pictures").glob("*.jpg")):
        found = scores_of(model, config, np.array(Image.open(path).convert("RGB"))).tolist()
        scores[path.name] = {name: round(score, 5) for name, score in zip(config["classes"], found)}
    Path(args.fixture).write_text(json.dumps(scores, indent=2) + "\n")


if __name__ == "__main__":
    main()
