"""The configurations of the default models, in the terms of packages/favit."""

from common.paths import CACHE, MODELS
from common.pictures import STATISTICS
from sky_animal.config import CLASSES, INPUT

TRAIN_FOLDER = CACHE / "favit-train"
IDS = ("favit-sky-animal", "favit-photo-type")
MODEL_FILES = {name: MODELS / name / "model.safetensors" for name in IDS}

# Taken off the score of "animal", as for dinat-sky-animal.
ANIMAL_MARGIN = 0.6

BACKBONE = {
    "embedDims": [32, 64, 128, 256],
    "heads": [1, 2, 4, 8],
    "mlpRatios": [4, 4, 2, 2],
    "depths": [2, 2, 3, 1],
    "srRatios": [8, 4, 2, 1],
}

# The kinds of data in photo_types.py, in this order.
TYPES = ("mountain", "water", "desert", "city", "building", "underwater", "animal", "tool", "plant", "graphic")

SKY_ANIMAL = {
    "network": {"backbone": BACKBONE, "pyramid": 64, "channels": 32, "classes": len(CLASSES)},
    "classes": CLASSES,
    "input": {**INPUT, "divisor": 32},
}

PHOTO_TYPE = {
    "backbone": BACKBONE,
    "classes": list(TYPES),
    "input": {"imageSize": 160, "cropShare": 1, **STATISTICS},
}
