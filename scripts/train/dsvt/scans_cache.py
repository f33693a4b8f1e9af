"""Makes simulated scans and keeps them: python3 -m dsvt.scans_cache --count 4000 [--first 0]. What is there is kept."""

import argparse
import os

import numpy as np

from common.paths import CACHE

from .scan import Scan, simulate
from .sensors import HELD_OUT, training_sensor

FOLDER = CACHE / "dsvt" / "scans"
# Points are stored in steps of 4 mm, and those that no training crop can use are left out.
STEP = 0.004
KEPT = np.array([[-60, -60, -2.5], [60, 60, 4.5]], np.float32)
HELD_OUT_SEED = 1_000_000


def training_scan(number):
    """The scan of a number, with a sensor of its own."""
    random = np.random.default_rng(number)
    return simulate(training_sensor(random), random)


def held_out_scan(number):
    """A scan that no training sees: other streets, and a sensor that no training scan has."""
    random = np.random.default_rng(HELD_OUT_SEED + number)
    sensors = list(HELD_OUT.values())
    return simulate(sensors[number % len(sensors)], random)


def store(scan, path):
    """Write a scan; the file appears complete or not at all."""
    kept = ((scan.points > KEPT[0]) & (scan.points < KEPT[1])).all(axis=1)
    points = np.round(scan.points[kept] / STEP).astype(np.int16)
    partial = f"{path}.partial.npz"
    beams, owners = scan.beams[kept].astype(np.uint8), scan.owners[kept].astype(np.int16)
    np.savez(partial, points=points, beams=beams, owners=owners, boxes=scan.boxes)
    os.replace(partial, path)


def load(path):
    """Read a stored scan."""
    stored = np.load(path)
    return Scan(stored["points"].astype(np.float32) * np.float32(STEP), stored["beams"], stored["owners"], stored["boxes"])


def path_of(number):
    return FOLDER / f"{number:06d}.npz"


def main():
    """Make the scans that are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for number in range(args.first, args.first + args.count):
        if not path_of(number).exists():
            store(training_scan(number), path_of(number))


if __name__ == "__main__":
    main()
