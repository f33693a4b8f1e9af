"""
The pictures that the segmenter and the detector learn from, made once: python3 -m sky_animal.pictures_cache.
Half are landscapes, a quarter has animals in front of landscapes, a quarter in front of other photographs.
"""

import argparse

import numpy as np

from .composites import Composer
from .config import PICTURE_COUNT, PICTURE_SIDE, PICTURES
from .sources import ANIMAL_CLASSES, load_backgrounds, load_cut_outs, load_landscapes

KINDS = ("landscape", "over landscape", "landscape", "over photograph")
ANIMALS = ("mammal", "bird", "other animal")
MOST_INSTANCES = 8
assert set(ANIMAL_CLASSES.values()) == set(ANIMALS)


def build_pictures(count, seed=0):
    """Write the cache; finished pictures are kept when it is stopped and started again."""
    shapes = {"pixels": (PICTURE_SIDE, PICTURE_SIDE, 3), "labels": (PICTURE_SIDE,) * 2, "instances": (PICTURE_SIDE,) * 2}
    shapes.update(kinds=(MOST_INSTANCES,), made=())
    mode = "r+" if (PICTURES / "made.npy").exists() else "w+"
    PICTURES.mkdir(parents=True, exist_ok=True)
    stored = {
        name: np.lib.format.open_memmap(PICTURES / f"{name}.npy", mode, np.uint8, (count, *shape))
        for name, shape in shapes.items()
    }
    missing = np.flatnonzero(stored["made"] == 0)
    if len(missing) == 0:
        return
    composer = Composer(list(load_landscapes("train")), list(load_backgrounds()), list(load_cut_outs()), PICTURE_SIDE)
    for index in missing:
        picture = composer.picture(np.random.default_rng([seed, index]), KINDS[index % len(KINDS)])
        stored["pixels"][index], stored["labels"][index] = picture.pixels, picture.labels
        stored["instances"][index] = picture.instances
        kinds = [1 + ANIMALS.index(kind) for kind in picture.kinds]
        stored["kinds"][index, : len(kinds)] = kinds
        stored["made"][index] = 1


def load_pictures():
    """Arrays by name, mapped from the cache: pixels, labels, instances, kinds (0 for none, then 1 + index into ANIMALS)."""
    if np.load(PICTURES / "made.npy", mmap_mode="r").min() == 0:
        raise FileNotFoundError("Cannot load the pictures: some are missing. Run python3 -m sky_animal.pictures_cache.")
    return {name: np.load(PICTURES / f"{name}.npy", mmap_mode="r") for name in ("pixels", "labels", "instances", "kinds")}


def main():
    """Build the cache."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    build_pictures(PICTURE_COUNT)


if __name__ == "__main__":
    main()
