"""Moving training clips made from still crops, and low-resolution/high-resolution batches."""

import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import IterableDataset

from .config import MINI_XS
from .resize import shrink_bytes

FRAMES = MINI_XS["clip"]


class Mix(NamedTuple):
    """A kind of batch and how often it comes; crops are multiples of 8 * scale."""

    scale: int
    crop: int
    batch: int
    share: float


# About the same cost each.
MIXES = (Mix(2, 64, 6, 0.45), Mix(3, 96, 3, 0.15), Mix(4, 128, 2, 0.4))


def walk(random, frames, spread):
    """Smooth path [frames, 2]: constant velocity and a little hand shake, centred on zero."""
    steps = random.normal(0, spread, 2) + random.normal(0, 0.15 * spread, (frames, 2))
    path = np.cumsum(steps, axis=0)
    return path - path.mean(axis=0)


def pan(crop, side, random):
    """Whole-pixel pan: keeps the full sharpness of the photo. crop [3, S, S] -> [3, T, side, side]."""
    room = crop.shape[1] - side
    path = np.round(walk(random, FRAMES, random.choice((0.0, 1.0, 2.5))))
    start = random.uniform(0.2, 0.8, 2) * room
    corners = np.clip(np.round(start + path), 0, room).astype(int)
    return torch.stack([crop[:, y : y + side, x : x + side] for y, x in corners], dim=1)


def affine(crop, side, random):
    """Sub-pixel shift, roll and zoom, bicubic. crop [3, S, S] -> [3, T, side, side]."""
    path = walk(random, FRAMES, 1.5)
    centred = np.arange(FRAMES) - (FRAMES - 1) / 2
    angles = random.normal(0, 0.004) * centred
    zooms = np.exp(random.normal(0, 0.004) * centred)
    size = crop.shape[1]
    axis = torch.arange(side, dtype=torch.float32) - (side - 1) / 2
    ys, xs = torch.meshgrid(axis, axis, indexing="ij")
    grids = []
    for (dy, dx), angle, zoom in zip(path, angles, zooms):
        cos, sin = zoom * math.cos(angle), zoom * math.sin(angle)
        grids.append(torch.stack((cos * xs - sin * ys + dx, sin * xs + cos * ys + dy), dim=-1))
    grid = torch.stack(grids) * (2 / size)
    frames = F.grid_sample(
        crop.float().expand(FRAMES, -1, -1, -1), grid, mode="bicubic", padding_mode="reflection", align_corners=False
    )
    return frames.clamp(0, 255).round().to(torch.uint8).transpose(0, 1)


def soften(clip, random):
    """A blurred scene: teaches the network to leave smooth pictures alone."""
    size = clip.shape[-1]
    small = max(8, int(size / random.uniform(1.5, 4)))
    return shrink_bytes(shrink_bytes(clip, (small, small)), (size, size))


def make_clip(crops, side, random):
    """One HR clip, uint8 [3, T, side, side]."""
    crop = torch.from_numpy(crops[random.integers(len(crops))].copy()).permute(2, 0, 1)
    crop = torch.rot90(crop, int(random.integers(4)), (1, 2))
    if random.random() < 0.5:
        crop = crop.flip(2)
    move = pan if random.random() < 0.6 else affine
    clip = move(crop, side, random)
    if random.random() < 0.3:
        other = torch.from_numpy(crops[random.integers(len(crops))].copy()).permute(2, 0, 1)
        clip = paste(clip, pan(other, side, random), random)
    if random.random() < 0.08:
        clip = soften(clip, random)
    if random.random() < 0.1:
        noise = torch.from_numpy(random.normal(0, random.uniform(0.5, 3), clip.shape).astype(np.float32))
        clip = (clip + noise).clamp(0, 255).round().to(torch.uint8)
    return clip.contiguous()


def paste(clip, layer, random):
    """A second scene inside a moving ellipse."""
    side = clip.shape[-1]
    path = walk(random, FRAMES, 2.0) + random.uniform(0.2, 0.8, 2) * side
    radii = random.uniform(0.15, 0.4, 2) * side
    axis = np.arange(side)
    frames = []
    for frame, (cy, cx) in enumerate(path):
        inside = ((axis[:, None] - cy) / radii[0]) ** 2 + ((axis[None] - cx) / radii[1]) ** 2 < 1
        frames.append(torch.where(torch.from_numpy(inside), layer[:, frame], clip[:, frame]))
    return torch.stack(frames, dim=1)


class ClipBatches(IterableDataset):
    """Endless batches (scale, HR uint8 [B, 3, T, S, S], LR uint8 [B, 3, T, s, s]), seeded."""

    def __init__(self, crops_path, mixes, seed):
        self.crops_path = crops_path
        self.mixes = mixes
        self.seed = seed

    def __iter__(self):
        crops = np.load(self.crops_path, mmap_mode="r")
        random = np.random.default_rng(self.seed)
        shares = np.array([mix.share for mix in self.mixes])
        while True:
            mix = self.mixes[random.choice(len(self.mixes), p=shares / shares.sum())]
            hr = torch.stack([make_clip(crops, mix.crop, random) for _ in range(mix.batch)])
            small = mix.crop // mix.scale
            yield mix.scale, hr, shrink_bytes(hr, (small, small))
