"""From points to occupied voxels, and from voxels to the sets that attend to each other."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Voxels:
    """Point features [n, c] sorted by voxel, first row and number of points of each voxel, coordinates [v, 4]: b, z, y, x."""

    features: np.ndarray
    starts: np.ndarray
    counts: np.ndarray
    coords: np.ndarray


def grid_of(extent, voxel_size):
    """Number of voxels along x, y, z."""
    extent = np.asarray(extent, np.float64)
    return np.round((extent[3:] - extent[:3]) / np.asarray(voxel_size)).astype(np.int64)


def voxelise(points, extent, voxel_size, absolute):
    """
    Voxels of points [n, 1 + 3 + f]: batch index, x, y, z and more, by the rules of DynPillarVFE3D.
    absolute: whether x, y, z themselves are features, before f, the offset from the mean and that from the voxel's middle.
    """
    low, size = np.asarray(extent[:3], np.float32), np.asarray(voxel_size, np.float32)
    grid = grid_of(extent, voxel_size)
    cells = np.floor((points[:, 1:4] - low) / size).astype(np.int64)
    inside = ((cells >= 0) & (cells < grid)).all(axis=1)
    points, cells = points[inside], cells[inside]
    batch = points[:, 0].astype(np.int64)
    keys = ((batch * grid[0] + cells[:, 0]) * grid[1] + cells[:, 1]) * grid[2] + cells[:, 2]
    order = np.argsort(keys, kind="stable")
    points, cells, keys = points[order], cells[order], keys[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(starts, append=len(keys))
    places = points[:, 1:4]
    means = np.add.reduceat(places.astype(np.float64), starts, axis=0) / counts[:, None] if len(starts) else places
    from_mean = places - np.repeat(means, counts, axis=0).astype(np.float32)
    from_middle = places - (cells.astype(np.float32) * size + (size / 2 + low))
    own = points[:, 1 if absolute else 4 :]
    coords = np.concatenate([points[starts, :1].astype(np.int64), cells[starts][:, ::-1]], axis=1)
    return Voxels(np.concatenate([own, from_mean, from_middle], axis=1), starts, counts, coords)


@dataclass(frozen=True)
class Sets:
    """Where each voxel stands: slot = set * set_size + place, for the y order and the x order; place in the window [v, 2]."""

    slots: tuple
    counts: tuple
    in_window: np.ndarray


def partition(coords, grid, window, shift, set_size):
    """The sets of flat voxels (z size 1) for a window (x, y) and its shift: contiguous, equal shares of each window."""
    x, y = coords[:, 3] + shift[0], coords[:, 2] + shift[1]
    across = -(-grid[:2] // np.asarray(window[:2])) + 1
    owner = (coords[:, 0] * across[0] + x // window[0]) * across[1] + y // window[1]
    inner = np.stack([x % window[0], y % window[1]], axis=1)
    slots, counts = [], []
    for slow, fast in ((1, 0), (0, 1)):
        order = np.lexsort((inner[:, fast], inner[:, slow], owner))
        sorted_owner = owner[order]
        starts = np.flatnonzero(np.diff(sorted_owner, prepend=-1))
        sizes = np.diff(starts, append=len(order))
        sets = -(-sizes // set_size)
        before = np.cumsum(sets) - sets
        size, count = np.repeat(sizes, sizes), np.repeat(sets, sizes)
        rank = np.arange(len(order)) - np.repeat(starts, sizes)
        # Set s of a window holds the ranks from floor(s n / S) to floor((s + 1) n / S).
        part = ((rank + 1) * count - 1) // size
        slot = np.empty(len(order), np.int64)
        slot[order] = (np.repeat(before, sizes) + part) * set_size + rank - part * size // count
        slots.append(slot)
        counts.append(int(sets.sum()))
    return Sets(tuple(slots), tuple(counts), inner)
