"""What the pictures with animals are made of: landscapes with their sky, other photographs, cut-outs."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from common.packages import fetch_packages
from common.photos import listed_photos, read_photo

LABELS = Path(__file__).resolve().parent / "labels"
LANDSCAPES = "endless-sky-high-dpi"
LANDSCAPE_FOLDER = "usr/share/games/endless-sky/plugins/endless-sky-high-dpi/images/land"
STAMPS = "tuxpaint-stamps-default"
STAMP_FOLDER = "usr/share/tuxpaint/stamps"
PACKAGES = (LANDSCAPES, STAMPS, "enlightenment-data", "lomiri-wallpapers-16.04", "gcompris-qt-data")
# Photographs larger than this lose nothing that a picture of 256 pixels could show.
MOST_SHORT_SIDE = 720
# It shows an animal.
WITH_ANIMAL = ("friends_by_Aitzol_Berasategi.jpg",)
# Drawings, toys and statues among the stamps that pass for photographs by their number of colours.
DRAWN = ("tux", "ladybug", "spider_computer", "spider_fly", "wings", "edward_bear", "lion", "whale", "pear", "pineapple")
DRAWN += ("feathered_hat", "propeller_hat", "birthday_cake", "snowman", "bunny-egg", "bunny", "chick-hatched")
DRAWN += ("chick-in-egg", "Santa", "butterfly", "daffodil_drawn", "plane", "bathyscape", "grannysmith", "button")
# They would teach that a garment or a toy is no part of an animal, or show one.
LEFT_OUT_FOLDERS = ("town", "people", "seasonal", "symbols", "space")
ANIMAL_CLASSES = {"mammals": "mammal", "marsupials": "mammal", "birds": "bird"}
ANIMAL_CLASSES.update({folder: "other animal" for folder in ("amphibians", "fish", "insects", "lizards", "shellfish")})
LEAST_SIDE, LEAST_COLOURS, LEAST_COVER, MOST_COVER = 100, 700, 0.08, 0.97


@dataclass(frozen=True)
class Landscape:
    """uint8 [h, w, 3] and its sky, bool [h, w]."""

    name: str
    pixels: np.ndarray
    sky: np.ndarray


@dataclass(frozen=True)
class CutOut:
    """A thing with alpha, uint8 [h, w, 4], cropped to what is visible; kind: a class of animal, or "thing"."""

    name: str
    kind: str
    pixels: np.ndarray


def shrunk(pixels):
    """At most MOST_SHORT_SIDE pixels high or wide."""
    scale = MOST_SHORT_SIDE / min(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.BOX))


def sky_of(horizon, grid, height, width):
    """bool [height, width]: cell (row, column) of the grid is sky when row < horizon[column]."""
    rows = np.arange(height) * grid[1] // height
    columns = np.arange(width) * grid[0] // width
    return rows[:, None] < np.asarray(horizon)[columns][None, :]


def load_landscapes(split):
    """Landscapes whose sky is known, of a split."""
    unpacked = fetch_packages(PACKAGES)
    stored = json.loads((LABELS / "sky-horizons.json").read_text())
    for name, image in stored["images"].items():
        if image["split"] == split:
            pixels = read_photo({"package": LANDSCAPES, "path": f"{LANDSCAPE_FOLDER}/{name}"}, unpacked)
            yield Landscape(name, pixels, sky_of(image["horizon"], stored["grid"], *pixels.shape[:2]))


def load_backgrounds():
    """Photographs without animals whose sky is not known; none is a test photograph of any kind."""
    unpacked = fetch_packages(PACKAGES)
    labelled = json.loads((LABELS / "sky-horizons.json").read_text())["images"]
    monuments = json.loads((LABELS / "monuments.json").read_text())["files"]
    listed = [entry for entry in listed_photos() if entry["split"] == "train" and entry["package"] in PACKAGES]
    for entry in listed + monuments:
        if entry["name"] not in labelled and entry["name"] not in WITH_ANIMAL:
            yield shrunk(read_photo(entry, unpacked))


def held_out(name):
    """Whether a cut-out is kept for tests."""
    return int(hashlib.sha1(name.encode()).hexdigest()[:8], 16) % 6 == 0


def load_stamps():
    """Photographed stamps that training may use: name, folders, uint8 [h, w, 4] cropped to what is visible."""
    root = fetch_packages(PACKAGES) / STAMPS / STAMP_FOLDER
    for path in sorted(root.rglob("*.png")):
        folders = path.relative_to(root).parts[:-1]
        named_out = path.stem in DRAWN or path.stem.endswith(("_mirror", "_flip")) or held_out(path.name)
        if named_out or "cartoon" in folders:
            continue
        pixels = np.asarray(Image.open(path).convert("RGBA"))
        if is_photographed(pixels):
            rows, columns = (np.flatnonzero((pixels[..., 3] > 127).any(axis=axis)) for axis in (1, 0))
            yield path.name, folders, pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def load_cut_outs():
    """Stamps for the composites."""
    for name, folders, pixels in load_stamps():
        if folders[0] not in LEFT_OUT_FOLDERS:
            kind = ANIMAL_CLASSES.get(folders[1], "") if folders[0] == "animals" else "thing"
            yield CutOut(name, kind, pixels)


def is_photographed(pixels):
    """Large enough, neither nearly empty nor a full rectangle, and with more colours than a drawing has."""
    if min(pixels.shape[:2]) < LEAST_SIDE:
        return False
    cover = (pixels[..., 3] > 127).mean()
    opaque = pixels[pixels[..., 3] > 250][:, :3].astype(np.int64) >> 2
    colours = len(np.unique(opaque @ np.array([4096, 64, 1])))
    return LEAST_COVER <= cover <= MOST_COVER and colours > LEAST_COLOURS
