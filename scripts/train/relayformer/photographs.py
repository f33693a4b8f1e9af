"""Untouched photographs, in three parts that share none: for training, for looking on while training, for judging."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from common.packages import fetch_packages
from common.photos import listed_photos, read_photo

TRAINING_PACKAGES = ("endless-sky-high-dpi", "enlightenment-data", "krank")
# lomiri-wallpapers-16.04 is in neither list: example forgeries for judging are made from it.
HELD_OUT_FOLDERS = {
    "mate-backgrounds": "usr/share/backgrounds/mate/nature",
    "lomiri-wallpapers-20.04": "usr/share/backgrounds",
}
MOST_PIXELS = 9_000_000


@dataclass(frozen=True)
class Photograph:
    """uint8 [h, w, 3]."""

    name: str
    pixels: np.ndarray


def halved_while_large(pixels):
    """Box means of 2x2 until there are at most MOST_PIXELS; more would only cost time."""
    while pixels.shape[0] * pixels.shape[1] > MOST_PIXELS:
        size = (pixels.shape[1] // 2, pixels.shape[0] // 2)
        pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.BOX))
    return pixels


def listed(split):
    """Photographs of corpus.json with a permissive licence, "train" or "test"."""
    unpacked = fetch_packages(TRAINING_PACKAGES)
    for entry in listed_photos():
        if entry["package"] in TRAINING_PACKAGES and entry["split"] == split:
            yield Photograph(entry["name"], halved_while_large(read_photo(entry, unpacked)))


def held_out():
    """Photographs for judging only; their licences are GPL-2+ and CC-BY-SA-3.0."""
    unpacked = fetch_packages(HELD_OUT_FOLDERS)
    for package, folder in HELD_OUT_FOLDERS.items():
        for path in sorted((unpacked / package / folder).glob("*.jpg")):
            yield Photograph(path.name, halved_while_large(np.asarray(Image.open(path).convert("RGB"))))


@lru_cache(maxsize=3)
def photographs(part):
    """All photographs of a part: "training", "validation" or "held-out"."""
    sources = {"training": lambda: listed("train"), "validation": lambda: listed("test"), "held-out": held_out}
    return list(sources[part]())
