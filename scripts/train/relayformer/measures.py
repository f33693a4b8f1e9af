"""Agreement of a probability map with a true mask, for one picture."""

import numpy as np

THRESHOLD = 0.5
EPSILON = 1e-8


def overlap(found, true):
    """(F1, intersection over union) of two bool masks."""
    both, either = (found & true).sum(), (found | true).sum()
    precision, recall = both / (found.sum() + EPSILON), both / (true.sum() + EPSILON)
    return 2 * precision * recall / (precision + recall + EPSILON), both / (either + EPSILON)


def area_under_curve(probability, true):
    """Chance that a manipulated pixel scores higher than another one, ties counting half; 0 when there is none."""
    values, inverse, counts = np.unique(probability, return_inverse=True, return_counts=True)
    hits = np.bincount(inverse.ravel(), weights=true.ravel(), minlength=len(values))
    others = counts - hits
    if hits.sum() == 0 or others.sum() == 0:
        return 0.0
    below = np.cumsum(others) - others
    return float((hits * (below + others / 2)).sum() / (hits.sum() * others.sum()))


def average_precision(probability, true):
    """Area below precision over recall, every distinct probability a threshold."""
    order = np.argsort(-probability.ravel(), kind="stable")
    sorted_true, values = true.ravel()[order], probability.ravel()[order]
    last_of_value = np.append(values[1:] != values[:-1], True)
    hits = np.cumsum(sorted_true)[last_of_value]
    precision = hits / (np.flatnonzero(last_of_value) + 1)
    return float((np.diff(hits, prepend=0) * precision).sum() / max(hits[-1], 1))


def judged(probability, true):
    """All figures of a picture, by name."""
    found = probability > THRESHOLD
    f1, iou = overlap(found, true)
    figures = {"flagged": float(found.mean()), "f1": float(f1), "iou": float(iou)}
    rounded = np.round(probability, 4)
    return {**figures, "auc": area_under_curve(rounded, true), "ap": average_precision(rounded, true)}


def bootstrap(values, groups, draws=1000, seed=0):
    """95 % interval of a mean, drawing whole groups (photographs)."""
    random = np.random.default_rng(seed)
    by_group = [np.asarray([value for value, group in zip(values, groups) if group == name]) for name in sorted(set(groups))]
    means = []
    for _ in range(draws):
        chosen = random.integers(0, len(by_group), len(by_group))
        means.append(np.concatenate([by_group[index] for index in chosen]).mean())
    return float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))
