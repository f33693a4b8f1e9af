"""Cache of square HR crops cut from the training photographs: uint8 [N, SIDE, SIDE, 3]."""

import numpy as np

from common.photos import listed_photos

from .corpus import load_photo

SIDE = 144
PIXELS_PER_CROP = 45_000
FLAT_DEVIATION = 6.0
FLAT_KEPT = 0.1


def cut_crops(pixels, random):
    """Random crops of one photo; most flat ones (sky, gradients) are dropped."""
    height, width = pixels.shape[:2]
    for _ in range(max(1, height * width // PIXELS_PER_CROP)):
        top, left = random.integers(0, height - SIDE + 1), random.integers(0, width - SIDE + 1)
        crop = pixels[top : top + SIDE, left : left + SIDE]
        if crop.std(axis=(0, 1)).mean() >= FLAT_DEVIATION or random.random() < FLAT_KEPT:
            yield crop


def build_crops(unpacked, target, seed=0):
    """Write the crop cache to target (.npy), shuffled; an existing file is kept."""
    if target.exists():
        return
    random = np.random.default_rng(seed)
    crops = []
    for entry in listed_photos():
        if entry["split"] != "train":
            continue
        pixels = load_photo(entry, unpacked)
        if pixels is not None:
            crops.extend(cut_crops(pixels, random))
    order = random.permutation(len(crops))
    partial = target.with_suffix(".partial.npy")
    np.save(partial, np.stack([crops[index] for index in order]))
    partial.rename(target)
