"""What the head should say: heatmaps with a bump at each object, and the cells at which boxes are learned."""

import numpy as np

EPSILON = np.finfo(np.float64).eps


def bump_radius(height, width, overlap):
    """Radius in cells within which a shifted box still overlaps enough; the roots are those of the authors' code."""
    b1, c1 = height + width, width * height * (1 - overlap) / (1 + overlap)
    b2, c2 = 2 * (height + width), (1 - overlap) * width * height
    a3, b3, c3 = 4 * overlap, -2 * overlap * (height + width), (overlap - 1) * width * height
    roots = [
        (b1 + np.sqrt(b1**2 - 4 * c1)) / 2,
        (b2 + np.sqrt(b2**2 - 16 * c2)) / 2,
        (b3 + np.sqrt(b3**2 - 4 * a3 * c3)) / 2,
    ]
    return min(roots)


def cell_places(boxes, extent, cell, shape):
    """Places in cells, column and row, kept inside the map."""
    places = (boxes[:, :2] - np.asarray(extent[:2], np.float32)) / np.asarray(cell, np.float32)
    return np.clip(places, 0, np.array(shape[::-1]) - 0.5)


def add_bump(heatmap, column, row, radius):
    """Raise a map to a Gaussian bump around a cell."""
    sigma = (2 * radius + 1) / 6
    steps = np.arange(-radius, radius + 1)
    bump = np.exp(-(steps[:, None] ** 2 + steps**2) / (2 * sigma * sigma))
    bump[bump < EPSILON * bump.max()] = 0
    rows, columns = heatmap.shape
    top, left = max(row - radius, 0), max(column - radius, 0)
    bottom, right = min(row + radius + 1, rows), min(column + radius + 1, columns)
    part = bump[top - row + radius : bottom - row + radius, left - column + radius : right - column + radius]
    np.maximum(heatmap[top:bottom, left:right], part, out=heatmap[top:bottom, left:right])


def heatmap_of(boxes, classes, places, cell, shape, assigner):
    """[classes, rows, columns] for boxes [m, 8], the last column being the class."""
    heatmap = np.zeros((classes, *shape), np.float32)
    for box, (column, row) in zip(boxes, places.astype(np.int64)):
        radius = bump_radius(box[3] / cell[0], box[4] / cell[1], assigner["GAUSSIAN_OVERLAP"])
        add_bump(heatmap[int(box[7])], column, row, max(assigner["MIN_RADIUS"], int(radius)))
    return heatmap


def with_neighbours(cells, rows, shape, random, count):
    """The cells [k, 2] (row, column) of objects, and for each object `count` random cells beside its own."""
    steps = random.integers(-1, 2, (count, len(cells), 2))
    beside = (cells + steps).reshape(-1, 2)
    owners = np.tile(rows, count)
    good = ((beside >= 0) & (beside < np.array(shape))).all(axis=1) & (steps.reshape(-1, 2) != 0).any(axis=1)
    return np.concatenate([cells, beside[good]]), np.concatenate([rows, owners[good]])
