"""Photographs of ten kinds, listed in labels/photo-types.json, and cut-outs of three of the kinds; read once and cached."""

import hashlib
import json
from pathlib import Path

import numpy as np
from PIL import Image

from common.packages import fetch_packages
from common.photos import read_photo
from sky_animal.sources import CutOut, load_stamps

from .config import TRAIN_FOLDER, TYPES

LABELS = Path(__file__).resolve().parent / "labels" / "photo-types.json"
PHOTOS = TRAIN_FOLDER / "photos"
# A crop of 160 pixels out of a third of the area still has as many pixels of the photograph.
SHORT_SIDE = 280
# Folders of stamps that show one of the kinds.
STAMP_TYPES = {"animals": "animal", "plants": "plant", "household": "tool", "hobbies": "tool"}
STAMP_SIDE = 256


def split_of(entry):
    """
    Test for a quarter of the names; variants of one motif have a group instead and stay together. "more" marks files whose
    kind is not in their name or folder but was given by eye, or that came in after the test photographs stood fast: all
    of them are for training.
    """
    if entry.get("more"):
        return "train"
    name = entry.get("group", entry["name"])
    return "test" if int(hashlib.sha1(name.encode()).hexdigest()[:8], 16) % 4 == 0 else "train"


def listed(split):
    """Entries of a split: package, path, entry, name, type, licence."""
    return [each for each in json.loads(LABELS.read_text())["files"] if split_of(each) == split]


def shrunk(picture):
    """The shorter side at most SHORT_SIDE, uint8 [h, w, 3]."""
    scale = SHORT_SIDE / min(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.BOX if scale < 0.5 else Image.BILINEAR))


def cached_photo(entry):
    """A listed photograph, shrunk."""
    place = hashlib.sha1(f"{entry['package']}/{entry['path']}/{entry.get('entry', '')}".encode()).hexdigest()[:16]
    path = PHOTOS / f"{place}.png"
    if not path.exists():
        PHOTOS.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        Image.fromarray(shrunk(read_photo(entry, fetch_packages([entry["package"]])))).save(partial, "PNG", compress_level=1)
        partial.rename(path)
    return np.asarray(Image.open(path))


def load_photos(split):
    """Photographs, shrunk for training and as they are for tests, and the numbers of their types."""
    entries = listed(split)
    if split == "train":
        pictures = [cached_photo(entry) for entry in entries]
    else:
        unpacked = fetch_packages({entry["package"] for entry in entries})
        pictures = (read_photo(entry, unpacked) for entry in entries)
    return pictures, [TYPES.index(entry["type"]) for entry in entries]


def load_cut_outs():
    """Cut-outs of animals, plants and tools, and the numbers of their types."""
    for name, folders, pixels in load_stamps():
        if folders[0] in STAMP_TYPES:
            image = Image.fromarray(pixels)
            image.thumbnail((STAMP_SIDE, STAMP_SIDE))
            yield CutOut(name, STAMP_TYPES[folders[0]], np.asarray(image))
