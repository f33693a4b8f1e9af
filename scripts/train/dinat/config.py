"""The configurations of the default models, in the terms of packages/dinat, and the trainings' command line."""

import argparse

import torch

from common.paths import CACHE, MODELS

from .pictures import MEAN, STD

TRAIN_FOLDER = CACHE / "dinat-train"
PICTURES = TRAIN_FOLDER / "pictures"
PICTURE_SIDE = 224
MODEL_FILES = {name: MODELS / name / "model.safetensors" for name in ("dinat-sky-animal", "dinat-fashion")}
STATISTICS = {"mean": list(MEAN), "std": list(STD)}

FASHION = {
    "task": "classify",
    # 56 pixels give maps of 14x14 and 7x7. On the first one the stem's convolutions see what is near, so attention
    # takes every second token: its residue classes are 7x7 as well and train twice as fast as undilated tiles.
    "backbone": {
        "layout": "nat",
        "embedDim": 48,
        "mlpRatio": 2,
        "depths": [1, 4],
        "heads": [2, 4],
        "kernel": 5,
        "dilations": [[2], [1, 1, 1, 1]],
        "layerScale": False,
    },
    "classes": ["t-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"],
    "input": {"imageSize": 56, "cropShare": 1, **STATISTICS},
}

SKY_ANIMAL = {
    "task": "segment",
    # The sizes of a crop of 192 pixels, 48, 24, 12 and 6, hold every neighbourhood: 5 times 8, 4, 2 and 1.
    "backbone": {
        "layout": "nat",
        "embedDim": 32,
        "mlpRatio": 2,
        "depths": [2, 2, 3, 1],
        "heads": [1, 2, 4, 8],
        "kernel": 5,
        "dilations": [[1, 8], [1, 4], [1, 2, 1], [1]],
        "layerScale": False,
    },
    "channels": 32,
    "poolScales": [1, 2, 3, 6],
    "classes": ["rest", "sky", "animal"],
    "palette": [[90, 90, 90], [70, 150, 230], [240, 130, 30]],
    "input": {"shortSide": 256, "longSide": 1024, "divisor": 1, **STATISTICS},
}


def train_options(description, name, steps):
    """Command line of a training; sets the seed and the number of threads."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bfloat16", type=int, default=1, help="1: multiply in bfloat16, 0: in float32")
    parser.add_argument("--state", default=str(TRAIN_FOLDER / f"{name}.pt"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    TRAIN_FOLDER.mkdir(parents=True, exist_ok=True)
    return args
