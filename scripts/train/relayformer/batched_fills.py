"""Ways to fill holes in many pictures at once: fills.py on any device. float32 [n, c, s, s], bool [n, s, s] (True is to be filled)."""

import torch
from torch.nn import functional as F

from .batched_regions import boxes_around
from .fills import CANDIDATES, PATCH, STRIDE, TRUST

# With a smooth enlargement fewer sweeps are needed than in fills.py.
SWEEPS = 16
COARSEST = 4
# The mean of the four neighbours.
CROSS = ((0.0, 0.25, 0.0), (0.25, 0.0, 0.25), (0.0, 0.25, 0.0))
# More patches at once would need much memory.
PATCHES_AT_ONCE = 16384


def harmonic_fill(values, holes):
    """Membranes through the known pixels: from coarse solutions to fine ones, with some Jacobi sweeps each."""
    count, channels, height, width = values.shape
    inside = holes[:, None]
    if min(height, width) <= COARSEST:
        known = (~inside).float()
        mean = (values * known).sum(dim=(2, 3), keepdim=True) / known.sum(dim=(2, 3), keepdim=True).clamp(min=1)
        filled = torch.where(inside, mean, values)
    else:
        coarse = harmonic_fill(*shrunk(values, holes))
        smooth = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)[..., :height, :width]
        filled = torch.where(inside, smooth, values)
    planes = count * channels
    cross = torch.tensor(CROSS, device=values.device).expand(planes, 1, 3, 3).contiguous()
    for _ in range(SWEEPS):
        outer = F.pad(filled, (1, 1, 1, 1), mode="replicate").view(1, planes, height + 2, width + 2)
        # A channel for each plane: convolutions of single channels are slow.
        filled = torch.where(inside, F.conv2d(outer, cross, groups=planes).view(values.shape), filled)
    return filled


def shrunk(values, holes):
    """Means of the known pixels of 2x2 blocks; blocks without any stay holes."""
    pad = (0, values.shape[-1] % 2, 0, values.shape[-2] % 2)
    known = F.pad((~holes)[:, None].float(), pad)
    sums = 4 * F.avg_pool2d(F.pad(values * (~holes)[:, None], pad), 2)
    counts = 4 * F.avg_pool2d(known, 2)
    return sums / counts.clamp(min=1), counts[:, 0] < 0.5


def patched(diffused, holes, draws):
    """Pictures whose holes, filled smoothly already, are filled from their own patches: the best of random ones, votes averaged."""
    count, channels, side, _ = diffused.shape
    device = diffused.device
    margins = 2 * holes.sum(dim=(1, 2)).float().sqrt().long() // 3 + 2 * PATCH
    # Corners of patches: those that touch a hole are filled, the others of a box around it serve as sources.
    touched = F.max_pool2d(holes[:, None].float(), PATCH, 1)[:, 0] > 0
    corners = touched.shape[-1]
    near = boxes_around(holes, margins)[:, :corners, :corners]
    grid = torch.zeros((corners, corners), dtype=torch.bool, device=device)
    grid[::STRIDE, ::STRIDE] = True
    picture, rows, columns = torch.nonzero(touched & grid, as_tuple=True)
    if len(picture) == 0:
        return diffused
    usable = (near & ~touched).flatten(1)
    usable = torch.where(usable.any(dim=1, keepdim=True), usable, torch.ones_like(usable))
    # A list of sources for each picture, drawn with repetition.
    sources = torch.multinomial(usable.float(), 4096, replacement=True)
    sources = (sources // corners) * side + sources % corners
    start = picture * (side * side)
    target = start + rows * side + columns
    steps = torch.arange(PATCH, device=device)
    window = (steps[:, None] * side + steps).flatten()
    flat = diffused.permute(0, 2, 3, 1).reshape(-1, channels).clone()
    inside = holes.flatten()
    best = start + sources[picture, draws.integers(0, sources.shape[1], len(picture))]
    for trust in TRUST:
        best = improved(flat, inside, target, best, (sources, picture, start), window, trust, draws)
        flat = torch.where(inside[:, None], votes(flat, target, best, window), flat)
    return flat.view(count, side, side, channels).permute(0, 3, 1, 2)


def improved(flat, inside, target, best, places, window, trust, draws):
    """For each target the nearest of its present source and some random ones; what was filled counts `trust`."""
    sources, picture, start = places
    chosen = []
    for first in range(0, len(target), PATCHES_AT_ONCE):
        part = slice(first, first + PATCHES_AT_ONCE)
        at = target[part, None] + window
        drawn = draws.integers(0, sources.shape[1], len(at), CANDIDATES)
        candidates = start[part, None] + sources[picture[part, None], drawn]
        candidates[:, 0] = best[part]
        gaps = (flat[candidates[:, :, None] + window] - flat[at][:, None]).square().sum(dim=-1)
        weights = torch.where(inside[at], trust, 1.0)
        nearest = (gaps * weights[:, None]).sum(dim=-1).argmin(dim=1, keepdim=True)
        chosen.append(candidates.gather(1, nearest)[:, 0])
    return torch.cat(chosen)


def votes(flat, target, best, window):
    """Mean over the patches that cover a pixel."""
    places = (target[:, None] + window).flatten()
    values = flat[(best[:, None] + window).flatten()]
    total = torch.zeros_like(flat).index_add_(0, places, values)
    counts = torch.zeros_like(flat[:, :1]).index_add_(0, places, torch.ones_like(values[:, :1]))
    return torch.where(counts > 0, total / counts.clamp(min=1), flat)
