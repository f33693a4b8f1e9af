"""Retouching of many pictures at once: the same content, treated in one of several ways."""

import numpy as np
import torch
from torch.nn import functional as F

from .batched_history import noisy
from .batched_jpeg import jpeg
from .batched_sampling import blurred, per_picture, rounded

WAYS = ("blur", "median", "sharpen", "noise", "jpeg", "colour")
MEDIAN_SIDES = (3, 5)


def median(pixels, side):
    """Median of the neighbourhood of each pixel."""
    reach = side // 2
    outer = F.pad(pixels, (reach,) * 4, mode="replicate")
    # Sorting is much faster than `median` for so many short rows.
    return outer.unfold(2, side, 1).unfold(3, side, 1).flatten(-2).sort(dim=-1)[0][..., side * side // 2]


def treated_by(way, pixels, draws, random):
    """All pictures [n, 3, s, s] in one way, each at its own strength."""
    count = len(pixels)
    if way == "blur":
        return rounded(blurred(rounded(pixels), draws.uniform(0.8, 3, count), 3))
    if way == "median":
        return median(rounded(pixels), int(random.choice(MEDIAN_SIDES)))
    if way == "sharpen":
        soft = rounded(blurred(rounded(pixels), torch.full((count,), 1.2, device=pixels.device), 1.2))
        return (pixels + per_picture(draws.uniform(1, 2.5, count)) * (pixels - soft)).clamp(0, 255)
    if way == "noise":
        return noisy(pixels, draws.uniform(2, 8, count))
    if way == "jpeg":
        return jpeg(pixels, draws.integers(50, 91, count), torch.ones(count, dtype=torch.bool, device=pixels.device))
    gains, offsets = draws.uniform(0.8, 1.25, count, 3, 1, 1), draws.uniform(-15, 15, count, 3, 1, 1)
    return (pixels * gains + offsets).clamp(0, 255)


def treated(pixels, draws, random):
    """Each picture in a random way."""
    ways, result = random.integers(0, len(WAYS), len(pixels)), pixels.clone()
    for number, way in enumerate(WAYS):
        places = np.flatnonzero(ways == number)
        if len(places):
            at = torch.from_numpy(places).to(pixels.device)
            result[at] = treated_by(way, pixels[at], draws, random)
    return result
