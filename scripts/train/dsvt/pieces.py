"""Training examples: pieces of stored scans, turned, mirrored, thinned and lifted."""

from dataclasses import dataclass

import numpy as np
import torch

from . import config
from .scans_cache import load, path_of
from .shapes import CLASSES
from .targets import cell_places, heatmap_of, with_neighbours

LEAST_POINTS = 5
# Cells beside its own at which a box is learned too: a peak may stand one cell off.
NEIGHBOURS = 2


@dataclass(frozen=True)
class Batch:
    """Inputs of the network, heatmaps, and cells [k, 3] with their boxes [k, 8]."""

    inputs: object
    heatmap: torch.Tensor
    cells: torch.Tensor
    boxes: torch.Tensor


def thin(scan, random):
    """Which points stay: every other beam of some dense scans, and a random share of the points of most scans."""
    kept = np.ones(len(scan.points), bool)
    if scan.beams.max(initial=0) > 60 and random.random() < 0.3:
        kept &= scan.beams % 2 == random.integers(2)
    if random.random() < 0.7:
        kept &= random.random(len(kept), np.float32) < random.uniform(0.2, 0.9)
    return kept


def turn(points, boxes, random):
    """Turn and mirror in place: any angle, but streets along the axes more often, as sensors are mounted."""
    angle = random.choice([0, np.pi / 2, np.pi, -np.pi / 2]) + random.normal(0, np.radians(8))
    if random.random() < 0.4:
        angle = random.uniform(-np.pi, np.pi)
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    points[:, :2], boxes[:, :2] = points[:, :2] @ matrix, boxes[:, :2] @ matrix
    boxes[:, 6] += angle
    if random.random() < 0.5:
        points[:, 1], boxes[:, 1], boxes[:, 6] = -points[:, 1], -boxes[:, 1], -boxes[:, 6]


def piece_of(scan, random, size):
    """Points [n, 3] and boxes [m, 8] of a square piece of a scan around the origin."""
    kept = thin(scan, random)
    points, owners, boxes = scan.points[kept], scan.owners[kept], scan.boxes.copy()
    counts = np.bincount(owners[owners >= 0], minlength=len(boxes))
    turn(points, boxes, random)
    scale = random.uniform(0.95, 1.05)
    points *= scale
    boxes[:, :6] *= scale
    lift = random.normal(0, 0.1)
    points[:, 2] += lift
    boxes[:, 2] += lift
    middle = random.uniform(-14, 14, 2).astype(np.float32)
    points[:, :2] -= middle
    boxes[:, :2] -= middle
    seen = (counts >= LEAST_POINTS) & (np.abs(boxes[:, :2]) < size / 2).all(axis=1)
    return points[(np.abs(points[:, :2]) < size / 2).all(axis=1)], boxes[seen]


def batch_of(model, pieces, random):
    """Network inputs and targets of some pieces."""
    stride = config.FEATURE_STRIDE
    cell = [side * stride for side in config.VOXEL_SIZE[:2]]
    shape = tuple(int(count) // stride for count in model.grid[[1, 0]])
    assigner = model.config["DENSE_HEAD"]["TARGET_ASSIGNER_CONFIG"]
    rows, heatmaps, cells, targets = [], [], [], []
    for number, (points, boxes) in enumerate(pieces):
        rows.append(np.concatenate([np.full((len(points), 1), number, np.float32), points], axis=1))
        places = cell_places(boxes, model.extent, cell, shape)
        heatmaps.append(heatmap_of(boxes, len(CLASSES), places, cell, shape, assigner))
        own = places.astype(np.int64)[:, ::-1]
        near, owner = with_neighbours(own, np.arange(len(boxes)), shape, random, NEIGHBOURS)
        cells.append(np.concatenate([np.full((len(near), 1), number), near], axis=1))
        targets.append(boxes[owner])
    tensors = (np.stack(heatmaps), np.concatenate(cells), np.concatenate(targets))
    return Batch(model.inputs(np.concatenate(rows), len(pieces)), *map(torch.from_numpy, tensors))


def known_scans():
    """How many scans are stored without a gap from number 0."""
    first, end = 0, 1
    while path_of(end).exists():
        first, end = end, 2 * end
    while end - first > 1:
        middle = (first + end) // 2
        first, end = (middle, end) if path_of(middle).exists() else (first, middle)
    return end


class Pieces(torch.utils.data.IterableDataset):
    """Endless batches; those of a step depend on the seed, the step and how many scans are stored."""

    def __init__(self, model, seed, first_step, size):
        self.model, self.seed, self.first_step, self.size = model, seed, first_step, size

    def __iter__(self):
        step, known = self.first_step, known_scans()
        while True:
            if step % 100 == 0:
                known = known_scans()
            random = np.random.default_rng([self.seed, step])
            scans = (load(path_of(random.integers(known))) for _ in range(self.size))
            yield batch_of(self.model, [piece_of(scan, random, config.CROP) for scan in scans], random)
            step += 1
