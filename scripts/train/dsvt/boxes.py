"""Rotated boxes [n, 7]: x, y, z of the middle, length, width, height, heading."""

import numpy as np


def corners(boxes):
    """[n, 4, 2], counter-clockwise, seen from above."""
    half = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * boxes[:, None, 3:5] / 2
    cos, sin = np.cos(boxes[:, 6:7]), np.sin(boxes[:, 6:7])
    x = cos * half[:, :, 0] - sin * half[:, :, 1]
    y = sin * half[:, :, 0] + cos * half[:, :, 1]
    return np.stack([x, y], axis=2) + boxes[:, None, :2]


def cross(a, b):
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def inside(points, polygon):
    """Which of points [n, k, 2] lie in convex polygons [n, 4, 2]."""
    edges = np.roll(polygon, -1, axis=1) - polygon
    return (cross(edges[:, None], points[:, :, None] - polygon[:, None]) >= -1e-9).all(axis=2)


def ground_overlap(a, b):
    """Area that each box of a shares with its partner in b, seen from above."""
    # Near the origin float64 keeps all digits.
    middle = a[:, :2].astype(np.float64)
    p, q = (corners(np.concatenate([box[:, :2] - middle, box[:, 2:]], axis=1)) for box in (a, b))
    along_p, along_q = np.roll(p, -1, axis=1) - p, np.roll(q, -1, axis=1) - q
    gap = q[:, None] - p[:, :, None]
    turn = cross(along_p[:, :, None], along_q[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        s = cross(gap, along_q[:, None]) / turn
        t = cross(gap, along_p[:, :, None]) / turn
    met = (np.abs(turn) > 1e-12) & (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
    crossings = (p[:, :, None] + np.where(met, s, 0)[..., None] * along_p[:, :, None]).reshape(len(a), 16, 2)
    points = np.concatenate([p, q, crossings], axis=1)
    valid = np.concatenate([inside(p, q), inside(q, p), met.reshape(len(a), 16)], axis=1)
    count = valid.sum(axis=1)
    mean = (points * valid[..., None]).sum(axis=1) / np.maximum(count, 1)[:, None]
    points = points - mean[:, None]
    angle = np.where(valid, np.arctan2(points[..., 1], points[..., 0]), np.inf)
    order = np.argsort(angle, axis=1)
    points = np.take_along_axis(points, order[..., None], axis=1)
    # Points that are none repeat the first one, which adds no area.
    points = np.where((np.arange(24) < count[:, None])[..., None], points, points[:, :1])
    area = cross(points, np.roll(points, -1, axis=1)).sum(axis=1) / 2
    return np.where(count >= 3, area, 0)


def ground_iou(a, b):
    """Intersection over union seen from above, pair by pair."""
    shared = ground_overlap(a, b)
    return shared / np.maximum(a[:, 3] * a[:, 4] + b[:, 3] * b[:, 4] - shared, 1e-8)


def solid_iou(a, b):
    """Intersection over union of the solids, pair by pair."""
    top = np.minimum(a[:, 2] + a[:, 5] / 2, b[:, 2] + b[:, 5] / 2)
    bottom = np.maximum(a[:, 2] - a[:, 5] / 2, b[:, 2] - b[:, 5] / 2)
    shared = ground_overlap(a, b) * np.maximum(top - bottom, 0)
    union = a[:, 3:6].prod(axis=1) + b[:, 3:6].prod(axis=1) - shared
    return shared / np.maximum(union, 1e-6)


def pairwise_ground_iou(a, b):
    """[n, m]; pairs too far apart to touch are not computed."""
    away = np.hypot(a[:, None, 0] - b[:, 0], a[:, None, 1] - b[:, 1])
    reach = np.hypot(a[:, 3], a[:, 4])[:, None] / 2 + np.hypot(b[:, 3], b[:, 4]) / 2
    rows, columns = np.nonzero(away < reach)
    result = np.zeros((len(a), len(b)))
    result[rows, columns] = ground_iou(a[rows], b[columns])
    return result


def suppress(boxes, scores, threshold):
    """Indices that remain, by descending score, when boxes that overlap a better one go."""
    order = np.argsort(-scores, kind="stable")
    overlaps = pairwise_ground_iou(boxes[order], boxes[order]) > threshold
    alive = np.ones(len(order), bool)
    for index in range(len(order)):
        if alive[index]:
            alive[index + 1 :] &= ~overlaps[index, index + 1 :]
    return order[alive]
