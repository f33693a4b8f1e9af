"""Ways to fill a hole: smooth membranes and copied patches. float32 [h, w, c], bool [h, w] (True is to be filled)."""

import numpy as np

SWEEPS = 40
PATCH, STRIDE = 9, 3
CANDIDATES = 15
# How much the present filling counts when patches are compared, round by round.
TRUST = (0.1, 0.5, 1.0, 1.0)
PATCHES_AT_ONCE = 4096


def harmonic_fill(values, hole):
    """The membrane through the known pixels: from a coarse solution to a fine one, with some Jacobi sweeps each."""
    height, width = hole.shape
    if min(height, width) <= 2 or not hole.any():
        known = ~hole
        mean = values[known].mean(axis=0) if known.any() else np.zeros(values.shape[2], np.float32)
        return np.where(hole[..., None], mean, values).astype(np.float32)
    filled = np.where(hole[..., None], enlarged(harmonic_fill(*shrunk(values, hole)), height, width), values)
    outer = np.pad(filled, ((1, 1), (1, 1), (0, 0)), mode="edge")
    inner, inside = outer[1:-1, 1:-1], hole[..., None]
    for _ in range(SWEEPS):
        mean = (outer[2:, 1:-1] + outer[:-2, 1:-1] + outer[1:-1, 2:] + outer[1:-1, :-2]) / 4
        np.copyto(inner, mean, where=inside)
        outer[0], outer[-1], outer[:, 0], outer[:, -1] = outer[1], outer[-2], outer[:, 1], outer[:, -2]
    return inner.copy()


def shrunk(values, hole):
    """Means of the known pixels of 2x2 blocks; blocks without any stay holes."""
    pad = [(0, side % 2) for side in hole.shape]
    known = np.pad(~hole, pad).astype(np.float32)[..., None]
    weighted = np.pad(values, [*pad, (0, 0)]) * known

    def sums(x):
        return x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2, -1).sum(axis=(1, 3))

    count = sums(known)
    return sums(weighted) / np.maximum(count, 1), count[..., 0] == 0


def enlarged(values, height, width):
    return np.repeat(np.repeat(values, 2, axis=0), 2, axis=1)[:height, :width]


def box_around(mask, margin):
    """Slices (rows, columns) of a mask's bounding box and some margin."""
    slices = []
    for axis, size in ((1, mask.shape[0]), (0, mask.shape[1])):
        places = np.flatnonzero(mask.any(axis=axis))
        slices.append(slice(max(places[0] - margin, 0), min(places[-1] + margin + 1, size)))
    return tuple(slices)


def diffused(pixels, hole):
    """The picture with its hole filled by a membrane."""
    box = box_around(hole, 8)
    filled = pixels.copy()
    filled[box] = harmonic_fill(pixels[box], hole[box])
    return filled


def patched(pixels, hole, random):
    """The picture with its hole filled from its own patches: the best of random ones, overlapping votes averaged."""
    box = box_around(hole, 2 * int(np.sqrt(hole.sum())) // 3 + 2 * PATCH)
    filled, inside = diffused(pixels, hole)[box], hole[box]
    windows = np.lib.stride_tricks.sliding_window_view(inside, (PATCH, PATCH))
    touched = windows.any(axis=(2, 3))
    sources = np.argwhere(~touched)
    rows, columns = np.nonzero(touched[::STRIDE, ::STRIDE])
    targets = np.stack([rows, columns], axis=1) * STRIDE
    if len(sources) < CANDIDATES or len(targets) == 0:
        return diffused(pixels, hole)
    best = sources[random.integers(0, len(sources), len(targets))]
    for trust in TRUST:
        best = improved(filled, inside, targets, best, sources, trust, random)
        filled = np.where(inside[..., None], votes(filled, targets, best), filled)
    whole = pixels.copy()
    whole[box] = filled
    return whole


def improved(filled, inside, targets, best, sources, trust, random):
    """For each target the nearest of its present source and some random ones; what was filled counts `trust`."""
    windows = np.lib.stride_tricks.sliding_window_view(filled, (PATCH, PATCH), axis=(0, 1))
    weights = np.lib.stride_tricks.sliding_window_view(np.where(inside, trust, 1.0).astype(np.float32), (PATCH, PATCH))
    chosen = best.copy()
    for first in range(0, len(targets), PATCHES_AT_ONCE):
        part = slice(first, first + PATCHES_AT_ONCE)
        y, x = targets[part].T
        drawn = sources[random.integers(0, len(sources), (len(y), CANDIDATES))]
        drawn[:, 0] = best[part]
        gap = windows[drawn[..., 0], drawn[..., 1]] - windows[y, x][:, None]
        cost = np.einsum("nkcij,nkcij,nij->nk", gap, gap, weights[y, x], optimize=True)
        chosen[part] = drawn[np.arange(len(y)), cost.argmin(axis=1)]
    return chosen


def votes(filled, targets, best):
    """Mean over the patches that cover a pixel."""
    total = np.zeros_like(filled)
    count = np.zeros(filled.shape[:2] + (1,), np.float32)
    for dy in range(PATCH):
        for dx in range(PATCH):
            to, source = targets + (dy, dx), best + (dy, dx)
            total[to[:, 0], to[:, 1]] += filled[source[:, 0], source[:, 1]]
            count[to[:, 0], to[:, 1]] += 1
    return np.where(count > 0, total / np.maximum(count, 1), filled)


def seamless(donor, host, mask):
    """The donor inside the mask with its gradients, meeting the host at the border (Poisson blending)."""
    box = box_around(mask, 2)
    # The donor plus the membrane through host - donor around it solves the Poisson equation.
    offset = harmonic_fill(host[box] - donor[box], mask[box])
    blended = host.copy()
    blended[box] = np.where(mask[box][..., None], donor[box] + offset, host[box])
    return np.clip(blended, 0, 255)
