"""Masks of pictures and clips of any size, at their own resolution."""

import math

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
    return [math.floor(index * (length - side) / (count - 1) + 0.5) for index in range(count)]


def slope(distance, shared):
    """From nearly 0 at the edge of a window to 1 behind what it shares."""
    risen = 0.5 - 0.5 * np.cos(np.pi * (distance + 0.5) / max(shared, 1))
    return np.where(distance >= shared, 1.0, risen)


def spans(length, side):
    """Pairs (origin, heights) of the windows along an axis: a raised cosine over what neighbours share, as packages/relayformer."""
    starts, extent = origins(length, side), min(length, side)
    places = np.arange(extent)
    for index, start in enumerate(starts):
        before = starts[index - 1] + extent - start if index > 0 else 0
        after = start + extent - starts[index + 1] if index + 1 < len(starts) else 0
        yield start, slope(places, before) * slope(extent - 1 - places, after)


def windows(height, width, side):
    """Slices (rows, columns) of the windows of a picture, and the weights of their pixels."""
    for top, down in spans(height, side):
        for left, across in spans(width, side):
            place = slice(top, top + len(down)), slice(left, left + len(across))
            yield place, np.outer(down, across).astype(np.float32)


@torch.no_grad()
def probabilities(model, frames):
    """uint8 [frames, h, w, 3], looked at together -> probability of manipulation, float32 [frames, h, w]."""
    side = model.config["input_size"]
    count, height, width = frames.shape[:3]
    extent = min(height, side), min(width, side)
    total, weights = np.zeros(frames.shape[:3], np.float32), np.zeros((height, width), np.float32)
    places = list(windows(height, width, side))
    at_once = max(CANVASES_AT_ONCE // count, 1)
    for first in range(0, len(places), at_once):
        part = places[first : first + at_once]
        canvases = torch.cat([on_canvas(torch.from_numpy(frames[:, rows, columns].copy()), side) for (rows, columns), _ in part])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = model(normalise(canvases), count, extent).float()
        seen = scores.sigmoid()[:, 0, : extent[0], : extent[1]].view(len(part), count, *extent).numpy()
        for ((rows, columns), weight), each in zip(part, seen):
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
