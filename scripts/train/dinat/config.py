"""The configurations of the default models, in the terms of packages/dinat."""

from common.paths import CACHE, MODELS
from common.pictures import STATISTICS
from sky_animal.config import CLASSES, INPUT

TRAIN_FOLDER = CACHE / "dinat-train"
# Taken off the score of "animal": with it nine in ten of the pixels that it labels so on photographs are right.
ANIMAL_MARGIN = 0.6
IDS = ("dinat-sky-animal", "dinat-fashion", "dinat-animal-boxes")
MODEL_FILES = {name: MODELS / name / "model.safetensors" for name in IDS}

FASHION = {
    # 56 pixels give maps of 14x14, 7x7 and 4x4. On the first one the stem's convolutions see what is near, so attention
    # takes every second token: its residue classes are 7x7 as well and train twice as fast as undilated tiles.
    "backbone": {
        "layout": "nat",
        "embedDim": 32,
        "mlpRatio": 2,
        "depths": [1, 2, 2],
        "heads": [2, 4, 4],
        "kernel": 5,
        "dilations": [[2], [1, 1], [1, 1]],
        "layerScale": False,
    },
    "classes": ["t-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"],
    "input": {"imageSize": 56, "cropShare": 1, **STATISTICS},
}

# The sizes of a picture of 160 pixels, 40, 20, 10 and 5, are those of the neighbourhoods: 5 times 8, 4, 2 and 1.
BACKBONE = {
    "layout": "nat",
    "embedDim": 32,
    "mlpRatio": 2,
    "depths": [2, 2, 3, 1],
    "heads": [1, 2, 4, 8],
    "kernel": 5,
    "dilations": [[1, 8], [1, 4], [1, 2, 1], [1]],
    "layerScale": False,
}

SKY_ANIMAL = {
    "network": {"backbone": BACKBONE, "channels": 32, "classes": 3, "poolScales": [1, 2, 3, 6]},
    "classes": CLASSES,
    "input": INPUT,
}

ANIMAL_BOXES = {
    "network": {
        "backbone": BACKBONE,
        # Mask R-CNN at a quarter of the published widths.
        "detector": {
            "classes": 3,
            "neck": {"channels": 64, "levels": 5},
            "rpn": {"channels": 64, "anchors": {"scales": [8], "ratios": [0.5, 1, 2], "strides": [4, 8, 16, 32, 64]}},
            "roi": {"strides": [4, 8, 16, 32], "finestScale": 56, "samplingRatio": 0},
            "cascade": False,
            "stages": [
                {"roiSize": 7, "convs": 0, "convChannels": 64, "fcs": 2, "fcChannels": 128, "stds": [0.1, 0.1, 0.2, 0.2]}
            ],
            "mask": {"roiSize": 14, "convs": 2, "channels": 64, "threshold": 0.5},
            "proposals": {"preNms": 200, "postNms": 100, "iou": 0.7, "minSize": 0},
            "detections": {"scoreThreshold": 0.05, "iou": 0.5, "max": 100},
        },
    },
    "classes": [
        {"name": "mammal", "color": [230, 120, 40]},
        {"name": "bird", "color": [60, 160, 230]},
        {"name": "other animal", "color": [90, 200, 90]},
    ],
    "input": {**INPUT, "divisor": 32},
}
