"""Fashion-MNIST: reading, enlarging, and what the training does to its pictures."""

import gzip
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from common.packages import fetch_packages
from common.paths import CACHE
from common.pictures import normalise

PACKAGE = "dataset-fashion-mnist"
FOLDER = "usr/share/datasets/fashion-mnist"
FILES = {"train": "train", "test": "t10k"}
SIDE = 56
IDX_HEADER_BYTES = {"images-idx3": 16, "labels-idx1": 8}


@dataclass(frozen=True)
class Augmentation:
    """Pixels of the enlarged picture that it is shifted by at most, and how many pictures lose a rectangle."""

    most_shift: int
    erased_share: float


STRONG = Augmentation(most_shift=3, erased_share=0.15)
WEAK = Augmentation(most_shift=1, erased_share=0.0)


def read_idx(split, kind):
    """uint8 array of an IDX file."""
    path = fetch_packages([PACKAGE]) / PACKAGE / FOLDER / f"{FILES[split]}-{kind}-ubyte.gz"
    content = gzip.decompress(path.read_bytes())
    return np.frombuffer(content, np.uint8, offset=IDX_HEADER_BYTES[kind])


def read_pictures(split):
    """uint8 [n, 28, 28]."""
    return read_idx(split, "images-idx3").reshape(-1, 28, 28)


def load_fashion(split):
    """(uint8 [n, 56, 56], int64 [n]): enlarged by Pillow's bicubic, as the product's preprocessing does it."""
    target = CACHE / "dinat-train" / f"fashion-{split}.npy"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        size = (SIDE, SIDE)
        enlarged = [np.asarray(Image.fromarray(each).resize(size, Image.BICUBIC)) for each in read_pictures(split)]
        np.save(target, np.stack(enlarged))
    return torch.from_numpy(np.load(target)), torch.from_numpy(read_idx(split, "labels-idx1").astype(np.int64))


def to_input(pictures):
    """uint8 [n, 56, 56] -> normalised [n, 3, 56, 56]."""
    return normalise(pictures[:, None].expand(-1, 3, -1, -1))


def augment(pictures, random, strength):
    """Mirrored, shifted, with a rectangle erased in some: uint8 [n, 56, 56]."""
    result = torch.zeros_like(pictures)
    for index, picture in enumerate(pictures):
        if random.random() < 0.5:
            picture = picture.flip(1)
        down, right = random.integers(-strength.most_shift, strength.most_shift + 1, 2).tolist()
        rows, cols = (slice(max(0, step), SIDE + min(0, step)) for step in (down, right))
        from_rows, from_cols = (slice(max(0, -step), SIDE + min(0, -step)) for step in (down, right))
        result[index, rows, cols] = picture[from_rows, from_cols]
        if random.random() < strength.erased_share:
            height, width = random.integers(SIDE // 7, SIDE // 3, 2).tolist()
            top, left = random.integers(0, SIDE - height), random.integers(0, SIDE - width)
            result[index, top : top + height, left : left + width] = int(random.integers(0, 256))
    return result
