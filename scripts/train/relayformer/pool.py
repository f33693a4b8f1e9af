"""Forged pictures on disk, in shards: python3 -m relayformer.pool [--minutes 100] [--seed 1]. Training reads what is there while
new ones replace the oldest."""

import argparse
import os
import time

import numpy as np

from .config import SIDE, TRAIN_FOLDER
from .forgery import KINDS, Difficulty, donor_picture, forge, host_picture
from .history import to_picture
from .photographs import photographs

SHARD, VALIDATION = 128, 256
KIND_SHARES = (0.48, 0.08, 0.17, 0.15, 0.12)
BASIC = (KINDS.index("splice"), KINDS.index("untouched"))
# Large regions with hard borders and little done to them afterwards teach the first steps.
EASY = Difficulty(least_share=0.05, most_share=0.35, soft_borders=0.2, margin=0.15, mild=0.8)
HARD = Difficulty(least_share=0.004, most_share=0.45, soft_borders=0.6, margin=0.1)
# Share of the time after which all is hard.
HARD_FROM = 0.5
# The largest side that publication scales down to a picture.
BANK_SIDE = 368
CROPS_OF_PHOTOGRAPH, RENEWED = 6, 0.15
CELL, CROP_TRIES, MOST_MANIPULATED = 8, 6, 0.6
POOL, CLIPS = TRAIN_FOLDER / "pool", TRAIN_FOLDER / "clips"


def difficulty_at(progress):
    """Between EASY and HARD, for a progress from 0 to 1."""
    share = min(progress / HARD_FROM, 1.0)

    def between(first, last):
        return first + (last - first) * share

    return Difficulty(
        least_share=EASY.least_share * (HARD.least_share / EASY.least_share) ** share,
        most_share=between(EASY.most_share, HARD.most_share),
        soft_borders=between(EASY.soft_borders, HARD.soft_borders),
        margin=between(EASY.margin, HARD.margin),
        mild=between(EASY.mild, HARD.mild),
    )


class Bank:
    """Crops of photographs that serve several times, each time cut and turned in another way: to make one anew is slow."""

    def __init__(self, make, grid):
        self.make, self.grid, self.crops = make, grid, {}

    def draw(self, photograph, height, width, random):
        """float32 [height, width, 3]; `grid` is the step of places, 8 keeps the grid of a compression at the corner."""
        if max(height, width) > BANK_SIDE:
            return self.make(photograph, height, width, random)
        crops = self.crops.setdefault(photograph.name, [])
        if not crops or random.random() < RENEWED:
            crops.append(np.asarray(to_picture(self.make(photograph, BANK_SIDE, BANK_SIDE, random))))
            del crops[:-CROPS_OF_PHOTOGRAPH]
        top, left = (int(random.integers(0, (BANK_SIDE - side) // self.grid + 1)) * self.grid for side in (height, width))
        crop = crops[random.integers(len(crops))]
        crop = np.rot90(crop if random.random() < 0.5 else crop[:, ::-1], random.integers(4))
        return crop[top : top + height, left : left + width].astype(np.float32)


def write_shard(path, photos, difficulty, seed, count=SHARD, **parts):
    """Pixels, masks in bits, and the number of each kind; the file appears complete or not at all."""
    pixels = np.empty((count, SIDE, SIDE, 3), np.uint8)
    masks = np.empty((count, SIDE, SIDE // 8), np.uint8)
    kinds = np.empty(count, np.uint8)
    for index in range(count):
        random = np.random.default_rng([*seed, index])
        kinds[index] = random.choice(len(KINDS), p=KIND_SHARES)
        forgery = forge(photos, KINDS[kinds[index]], (SIDE, SIDE), difficulty, random, **parts)
        pixels[index], masks[index] = forgery.pixels, np.packbits(forgery.mask, axis=-1)
    with open(f"{path}.partial", "wb") as file:
        np.savez(file, pixels=pixels, masks=masks, kinds=kinds)
    os.replace(f"{path}.partial", path)


def read_shard(path):
    """
    Pixels uint8 [n, s, s, 3], masks uint8 [n, s, s] of 0 and 1, and the number of each kind; of clips there is an axis of frames
    after the first one, and no kinds.
    """
    with np.load(path) as stored:
        pixels = stored["pixels"]
        masks = np.unpackbits(stored["masks"], axis=-1).reshape(pixels.shape[:-1])
        return pixels, masks, stored["kinds"] if "kinds" in stored else np.zeros(len(pixels), np.uint8)


def close_up(pixels, mask, side, random):
    """A crop (on the grid of JPEG) around a place of the mask, not much more than half manipulated if that can be found."""
    height, width = mask.shape
    places = np.argwhere(mask)
    for _ in range(CROP_TRIES):
        middle = places[random.integers(len(places))] if len(places) else random.integers(0, (height, width))
        around = middle - random.integers(0, side, 2)
        top, left = (int(np.clip(at, 0, extent - side)) // CELL * CELL for at, extent in zip(around, mask.shape))
        part = slice(top, top + side), slice(left, left + side)
        if mask[part].mean() < MOST_MANIPULATED:
            break
    return pixels[part], mask[part]


class Pool:
    """All shards of a folder: those that appear are taken up, those that vanish are forgotten."""

    def __init__(self, folder=POOL):
        self.folder, self.shards = folder, {}

    @property
    def parts(self):
        return list(self.shards.values())

    def refresh(self):
        there = sorted(self.folder.glob("*.npz"))
        self.shards = {path: self.shards.get(path) or read_shard(path) for path in there}
        return len(self.shards)

    def draw(self, count, random, side=SIDE, basic=0.0):
        """
        Pixels and masks of random entries, each turned and mirrored at random; crops where a smaller side is asked for. `basic` is
        the share that is drawn from splices and untouched pictures only.
        """
        pixels, masks, parts = [], [], self.parts
        for _ in range(count):
            part = parts[random.integers(len(parts))]
            choices = np.flatnonzero(np.isin(part[2], BASIC)) if random.random() < basic else np.arange(len(part[0]))
            index, turns, mirror = random.choice(choices), int(random.integers(4)), random.random() < 0.5
            picture, mask = part[0][index], part[1][index]
            if side < SIDE:
                picture, mask = close_up(picture, mask, side, random)
            picture, mask = np.rot90(picture, turns, axes=(-3, -2)), np.rot90(mask, turns, axes=(-2, -1))
            pixels.append(picture[..., ::-1, :] if mirror else picture)
            masks.append(mask[..., ::-1] if mirror else mask)
        return np.stack(pixels), np.stack(masks)


def options():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=100.0, help="how long; the forgeries grow harder over this time")
    parser.add_argument("--shards", type=int, default=60, help="how many of the newest are kept")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    """Make shards until the time is over; apart from them one to look at while training."""
    args = options()
    POOL.mkdir(parents=True, exist_ok=True)
    validation = TRAIN_FOLDER / "validation.npz"
    if not validation.exists():
        write_shard(validation, photographs("validation"), HARD, (args.seed, 0), VALIDATION)
    photos, begun, number = photographs("training"), time.monotonic(), 0
    parts = {"host_of": Bank(host_picture, CELL).draw, "donor_of": Bank(donor_picture, 1).draw}
    while (progress := (time.monotonic() - begun) / (60 * args.minutes)) < 1:
        number += 1
        # Two makers with different seeds may fill the same folder: newer shards sort behind older ones.
        write_shard(POOL / f"{time.time():.0f}-{args.seed}.npz", photos, difficulty_at(progress), (args.seed, number), **parts)
        for path in sorted(POOL.glob("*.npz"))[: -args.shards]:
            path.unlink(missing_ok=True)
        print(f"shard {number}, progress {progress:.2f}", flush=True)


if __name__ == "__main__":
    main()
