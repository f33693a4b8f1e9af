"""Masks of pictures and clips of any size, at their own resolution."""

import numpy as np
import torch

from .relayformer import normalise, on_canvas

LEAST_SHARED = 32
CANVASES_AT_ONCE = 16


def origins(length, side):
    """Evenly spaced places of windows that cover a length and share LEAST_SHARED pixels or more."""
    if length <= side:
        return [0]
    count = -(-(length - LEAST_SHARED) // (side - LEAST_SHARED))
    return [round(index * (length - side) / (count - 1)) for index in range(count)]


def raised_cosine(side):
    """Weights [side, side] of a window's pixels, small at its border."""
    line = np.sin(np.pi * (np.arange(side) + 0.5) / side) ** 2
    return np.outer(line, line).astype(np.float32) + 1e-4


def windows(height, width, side):
    """Slices (rows, columns) of the windows of a picture."""
    for top in origins(height, side):
        for left in origins(width, side):
            yield slice(top, top + side), slice(left, left + side)


@torch.no_grad()
def probabilities(model, frames):
    """uint8 [frames, h, w, 3], looked at together -> probability of manipulation, float32 [frames, h, w]."""
    side = model.config["input_size"]
    count, height, width = frames.shape[:3]
    extent = min(height, side), min(width, side)
    weight = raised_cosine(side)[: extent[0], : extent[1]]
    total, weights = np.zeros(frames.shape[:3], np.float32), np.zeros((height, width), np.float32)
    places = list(windows(height, width, side))
    at_once = max(CANVASES_AT_ONCE // count, 1)
    for first in range(0, len(places), at_once):
        part = places[first : first + at_once]
        canvases = torch.cat([on_canvas(torch.from_numpy(frames[:, rows, columns].copy()), side) for rows, columns in part])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = model(normalise(canvases), count, extent).float()
        seen = scores.sigmoid()[:, 0, : extent[0], : extent[1]].view(len(part), count, *extent).numpy()
        for (rows, columns), each in zip(part, seen):
            total[:, rows, columns] += weight * each
            weights[rows, columns] += weight
    return total / weights


def clip_probabilities(model, frames, clip_length):
    """The same for a video: consecutive clips, the last one aligned to the end."""
    found = np.empty(frames.shape[:3], np.float32)
    last = max(len(frames) - clip_length, 0)
    for first in range(0, len(frames), clip_length):
        first = min(first, last)
        found[first : first + clip_length] = probabilities(model, frames[first : first + clip_length])
    return found
