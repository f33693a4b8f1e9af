"""Tiles of the token map: which there are, how they are cut out, how their overlaps are averaged."""

import math
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Partition:
    """Tiles of one sample: rows x columns of size f tokens, a stride apart."""

    rows: int
    columns: int
    size: int
    stride: int

    @property
    def count(self):
        return self.rows * self.columns

    @property
    def extent(self):
        """Tokens (height, width) that the tiles cover."""
        return (self.rows - 1) * self.stride + self.size, (self.columns - 1) * self.stride + self.size

    def places(self):
        """Slices (rows, columns) of the tiles, row-major."""
        for row in range(self.rows):
            for column in range(self.columns):
                top, left = row * self.stride, column * self.stride
                yield slice(top, top + self.size), slice(left, left + self.size)


def grid_of(config, side):
    """Most tiles along each side of a canvas that whole tiles fill; weights serve canvases of any such size."""
    shared = 2 * config["overlap"]
    return (side - shared) // (config["patch_size"] - shared)


def partition_of(config, side, height, width):
    """The tiles that a picture of height x width on a canvas needs."""
    grid = grid_of(config, side)
    rows, columns = (min(max(math.ceil(length / side * grid), 1), grid) for length in (height, width))
    size = config["feature_patch_size"]
    return Partition(rows, columns, size, size - 2 * config["feature_overlap"])


def cut(tokens, partition):
    """Map [n, H, W, c] -> tiles [n, tiles, f*f, c]."""
    tiles = [tokens[:, rows, columns].flatten(1, 2) for rows, columns in partition.places()]
    return torch.stack(tiles, dim=1)


def stitch(tiles, partition):
    """Tiles [n, tiles, f*f, c] -> map [n, H', W', c], the mean where several lie."""
    count, _, _, channels = tiles.shape
    total = tiles.new_zeros(count, *partition.extent, channels)
    covers = tiles.new_zeros(*partition.extent, 1)
    for index, (rows, columns) in enumerate(partition.places()):
        total[:, rows, columns] += tiles[:, index].unflatten(1, (partition.size, partition.size))
        covers[rows, columns] += 1
    return total / covers


def average_overlaps(tiles, partition):
    """The same tiles, agreeing where they overlap."""
    return tiles if partition.count == 1 else cut(stitch(tiles, partition), partition)
