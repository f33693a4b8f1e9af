"""Moving training clips, made for a whole batch at once on any device out of a store of pictures.

The host decides how many clips of a batch are moved in which way; everything else is drawn on the device, so
that the host never waits for it.
"""

import numpy as np
import torch
import torch.nn.functional as F

from .config import MINI_XS
from .resize import shrink_bytes

FRAMES = MINI_XS["clip"]
# Pixels by which a square is larger than the clip that moves inside it, where the pictures have as many.
ROOM = 32
AFFINE_SHARE, PASTED_SHARE, SOFT_SHARE, NOISY_SHARE = 0.4, 0.3, 0.08, 0.1


class ClipBatches:
    """Endless batches (scale, HR uint8 [B, 3, T, S, S], LR uint8 [B, 3, T, s, s]), seeded."""

    def __init__(self, store, mixes, seed):
        self.store = store
        self.mixes = mixes
        self.device = store.device
        self.host = np.random.default_rng(seed)
        self.generator = torch.Generator(device=self.device)
        self.generator.manual_seed(int(self.host.integers(2**31)))

    def __iter__(self):
        shares = np.array([mix.share for mix in self.mixes])
        while True:
            yield self.batch(self.mixes[self.host.choice(len(self.mixes), p=shares / shares.sum())])

    @torch.no_grad()
    def batch(self, mix):
        """One batch of a mix."""
        hr = self.clips(mix.batch, mix.crop)
        small = mix.crop // mix.scale
        return mix.scale, hr, shrink_bytes(hr, (small, small))

    def uniform(self, low, high, *shape):
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=self.device)

    def normal(self, *shape):
        return torch.randn(shape, generator=self.generator, device=self.device)

    def some(self, count, share):
        """A run of clips; each is in it with a probability of about `share`."""
        length = int(self.host.binomial(count, share))
        first = int(self.host.integers(count - length + 1))
        return slice(first, first + length)

    def squares(self, count, side):
        """Squares for clips of a side to move in."""
        return self.store.squares(count, min(side + ROOM, self.store.least), self.generator)

    def clips(self, count, side):
        """uint8 [count, 3, T, side, side]."""
        squares = self.squares(count, side)
        moved = int(self.host.binomial(count, AFFINE_SHARE))
        parts = []
        if moved:
            parts.append(self.affine(squares.part(slice(0, moved)), side))
        if moved < count:
            parts.append(self.pan(squares.part(slice(moved, count)), side))
        clips = torch.cat(parts).contiguous()
        pasted = self.some(count, PASTED_SHARE)
        if pasted.stop > pasted.start:
            clips[pasted] = self.paste(clips[pasted])
        soft = self.some(count, SOFT_SHARE)
        if soft.stop > soft.start:
            small = max(8, int(side / self.host.uniform(1.5, 4)))
            clips[soft] = shrink_bytes(shrink_bytes(clips[soft], (small, small)), (side, side))
        noisy = self.some(count, NOISY_SHARE)
        if noisy.stop > noisy.start:
            chosen = clips[noisy]
            noise = self.normal(*chosen.shape) * self.uniform(0.5, 3, len(chosen), 1, 1, 1, 1)
            clips[noisy] = (chosen + noise).clamp(0, 255).round().to(torch.uint8)
        return clips

    def walk(self, spread):
        """Smooth paths [B, T, 2] for spreads [B, 1, 1]: constant velocity and a little hand shake, centred on zero."""
        count = len(spread)
        steps = spread * (self.normal(count, 1, 2) + 0.15 * self.normal(count, FRAMES, 2))
        path = steps.cumsum(dim=1)
        return path - path.mean(dim=1, keepdim=True)

    def pan(self, squares, side):
        """Whole-pixel pans: they keep the full sharpness of the photo."""
        count, room = len(squares.first), squares.side - side
        # Still, slow or fast.
        kind = self.uniform(0, 3, count, 1, 1).floor()
        path = self.walk(torch.where(kind < 1, 0.0, torch.where(kind < 2, 1.0, 2.5))).round()
        start = self.uniform(0.2, 0.8, count, 1, 2) * room
        corners = (start + path).round().clamp(0, room).long()[..., None, None]
        axis = torch.arange(side, device=self.device)
        pixels = self.store.gather(squares, corners[:, :, 0] + axis.view(-1, 1), corners[:, :, 1] + axis)
        return pixels.permute(0, 4, 1, 2, 3)

    def affine(self, squares, side):
        """Sub-pixel shift, roll and zoom, bicubic."""
        count, size = len(squares.first), squares.side
        path = self.walk(torch.full((count, 1, 1), 1.5, device=self.device))
        centred = torch.arange(FRAMES, device=self.device) - (FRAMES - 1) / 2
        angle = 0.004 * self.normal(count, 1) * centred
        zoom = torch.exp(0.004 * self.normal(count, 1) * centred)
        cos, sin = ((zoom * part)[..., None, None] for part in (angle.cos(), angle.sin()))
        axis = torch.arange(side, device=self.device) - (side - 1) / 2
        ys, xs = axis.view(-1, 1), axis.view(1, -1)
        dy, dx = (part[..., None, None] for part in path.unbind(dim=2))
        grid = torch.stack((cos * xs - sin * ys + dx, sin * xs + cos * ys + dy), dim=-1) * (2 / size)
        every = torch.arange(size, device=self.device)
        source = self.store.gather(squares, every.view(1, -1, 1), every.view(1, 1, -1)).permute(0, 3, 1, 2).float()
        # The frames lie below each other in one grid, so that the source need not be repeated.
        frames = F.grid_sample(
            source.contiguous(), grid.flatten(1, 2), mode="bicubic", padding_mode="reflection", align_corners=False
        )
        return frames.clamp(0, 255).round().to(torch.uint8).unflatten(2, (FRAMES, side))

    def paste(self, clips):
        """A second scene inside a moving ellipse."""
        count, side = len(clips), clips.shape[-1]
        layer = self.pan(self.squares(count, side), side)
        centre = self.walk(torch.full((count, 1, 1), 2.0, device=self.device))
        centre = (centre + self.uniform(0.2, 0.8, count, 1, 2) * side)[..., None, None]
        radii = (self.uniform(0.15, 0.4, count, 1, 2) * side)[..., None, None]
        axis = torch.arange(side, device=self.device)
        rows = (axis.view(-1, 1) - centre[:, :, 0]) / radii[:, :, 0]
        cols = (axis - centre[:, :, 1]) / radii[:, :, 1]
        return torch.where((rows.square() + cols.square() < 1)[:, None], layer, clips)
