"""Forged pictures on disk, in shards: python3 -m relayformer.pool [--shards 32]. Training reads what is there."""

import argparse
import os

import numpy as np

from .config import SIDE, TRAIN_FOLDER
from .forgery import KINDS, Difficulty, forge
from .photographs import photographs

SHARD = 256
KIND_SHARES = (0.34, 0.14, 0.22, 0.16, 0.14)
# Large regions with hard borders teach the first steps; later shards hold everything.
EASY = Difficulty(least_share=0.05, most_share=0.35, soft_borders=0.2, margin=0.15)
HARD = Difficulty(least_share=0.008, most_share=0.45, soft_borders=0.6, margin=0.1)
EASY_SHARDS = 5
CELL, CROP_TRIES, MOST_MANIPULATED = 8, 6, 0.6
POOL, CLIPS = TRAIN_FOLDER / "pool", TRAIN_FOLDER / "clips"


def write_shard(path, photos, difficulty, seed, count=SHARD):
    """Pixels, masks in bits, and the number of each kind; the file appears complete or not at all."""
    pixels = np.empty((count, SIDE, SIDE, 3), np.uint8)
    masks = np.empty((count, SIDE, SIDE // 8), np.uint8)
    kinds = np.empty(count, np.uint8)
    for index in range(count):
        random = np.random.default_rng([*seed, index])
        kinds[index] = random.choice(len(KINDS), p=KIND_SHARES)
        forgery = forge(photos, KINDS[kinds[index]], (SIDE, SIDE), difficulty, random)
        pixels[index], masks[index] = forgery.pixels, np.packbits(forgery.mask, axis=-1)
    with open(f"{path}.partial", "wb") as file:
        np.savez(file, pixels=pixels, masks=masks, kinds=kinds)
    os.replace(f"{path}.partial", path)


def read_shard(path):
    """Pixels uint8 [n, s, s, 3] and masks uint8 [n, s, s] of 0 and 1; of clips there is an axis of frames after the first one."""
    with np.load(path) as stored:
        pixels = stored["pixels"]
        return pixels, np.unpackbits(stored["masks"], axis=-1).reshape(pixels.shape[:-1])


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
    """All shards of a folder, also those that appear while training runs."""

    def __init__(self, folder=POOL):
        self.folder, self.seen, self.parts = folder, set(), []

    def refresh(self):
        for path in sorted(self.folder.glob("*.npz")):
            if path not in self.seen:
                self.seen.add(path)
                self.parts.append(read_shard(path))
        return len(self.parts)

    def draw(self, count, random, side=SIDE):
        """Pixels and masks of random entries, each turned and mirrored at random; crops where a smaller side is asked for."""
        pixels, masks = [], []
        for _ in range(count):
            part = self.parts[random.integers(len(self.parts))]
            index, turns, mirror = random.integers(len(part[0])), int(random.integers(4)), random.random() < 0.5
            picture, mask = part[0][index], part[1][index]
            if side < SIDE:
                picture, mask = close_up(picture, mask, side, random)
            picture, mask = np.rot90(picture, turns, axes=(-3, -2)), np.rot90(mask, turns, axes=(-2, -1))
            pixels.append(picture[..., ::-1, :] if mirror else picture)
            masks.append(mask[..., ::-1] if mirror else mask)
        return np.stack(pixels), np.stack(masks)


def main():
    """Make the shards that are missing; the first one is for looking on while training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    POOL.mkdir(parents=True, exist_ok=True)
    validation = TRAIN_FOLDER / "validation.npz"
    if not validation.exists():
        write_shard(validation, photographs("validation"), HARD, (args.seed, 0))
    for number in range(1, args.shards + 1):
        path = POOL / f"{number:03}.npz"
        if not path.exists():
            difficulty = EASY if number <= EASY_SHARDS else HARD
            write_shard(path, photographs("training"), difficulty, (args.seed, number))
            print(path.name, flush=True)


if __name__ == "__main__":
    main()
