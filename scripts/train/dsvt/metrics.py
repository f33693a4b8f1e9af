"""How well detections agree with truth."""

from dataclasses import dataclass

import numpy as np

from .boxes import pairwise_ground_iou


@dataclass(frozen=True)
class Matches:
    """Of one scan and class: scores, whether each detection is right, and whether it counts at all; the number of true boxes."""

    scores: np.ndarray
    right: np.ndarray
    counted: np.ndarray
    total: int
    partners: np.ndarray


def closeness(kind):
    """A function of boxes [n, 7] and truth [m, 7], larger is closer: IoU from above, or the negative distance of the middles."""
    if kind == "iou":
        return pairwise_ground_iou
    return lambda a, b: -np.hypot(a[:, None, 0] - b[:, 0], a[:, None, 1] - b[:, 1])


def match(boxes, scores, truth, matters, kind, least):
    """
    Each detection by descending score takes the closest true box that is free and at least so close.
    matters [m]: true boxes to be found; those that need not be are neutral for who finds them.
    """
    order = np.argsort(-scores, kind="stable")
    near = closeness(kind)(boxes[order], truth) if len(truth) else np.zeros((len(order), 0))
    free = np.ones(len(truth), bool)
    partners = np.full(len(order), -1)
    for row in range(len(order)):
        candidates = np.where(free & (near[row] >= least), near[row], -np.inf)
        if len(candidates) and candidates.max() > -np.inf:
            partners[row] = candidates.argmax()
            free[partners[row]] = False
    found = partners >= 0
    needed = np.where(found, matters[partners] if len(truth) else False, True)
    return Matches(scores[order], found & needed, needed, int(matters.sum()), np.where(found, partners, -1))


def average_precision(matches):
    """Area under the precision over recall, precision made monotone, all points."""
    scores = np.concatenate([each.scores[each.counted] for each in matches])
    right = np.concatenate([each.right[each.counted] for each in matches])
    total = sum(each.total for each in matches)
    if not total:
        return float("nan")
    right = right[np.argsort(-scores, kind="stable")]
    hits = np.cumsum(right)
    precision = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1]
    recall = hits / total
    return float(np.sum(np.diff(recall, prepend=0) * precision))


def axis_error(predicted, true):
    """Angle between two headings in degrees, front and rear being the same."""
    turned = np.degrees(np.abs(predicted - true)) % 180
    return np.minimum(turned, 180 - turned)


def heading_error(predicted, true):
    """Angle between two headings in degrees."""
    turned = np.degrees(np.abs(predicted - true)) % 360
    return np.minimum(turned, 360 - turned)
