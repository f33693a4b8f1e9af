"""What the segmenters of sky and animals share: their pictures, classes and input."""

from common.paths import CACHE
from common.pictures import STATISTICS

PICTURES = CACHE / "dinat-train" / "pictures"
PICTURE_COUNT = 10_000
PICTURE_SIDE = 224
# Half of the cut-outs have fewer than 180 pixels: in larger pictures animals would be soft in front of sharp
# backgrounds, which is the contrary of what cameras do.
TRAINING_SIDE = 160
CLASSES = [
    {"name": "rest", "color": [90, 90, 90]},
    {"name": "sky", "color": [70, 140, 220]},
    {"name": "animal", "color": [230, 120, 40]},
]
INPUT = {"longest": 1024, "shortest": 192, **STATISTICS}
