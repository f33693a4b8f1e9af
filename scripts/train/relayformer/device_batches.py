"""Batches of close-ups, canvases and clips, all made and kept on a device."""

import numpy as np
import torch

from .batched_forgery import Forger
from .batched_sampling import mirrored
from .config import CLIP_FRAMES, CLOSE_UP, SIDE
from .curriculum import CANVAS_SHARES, CLIP_PERIOD, CLIPS_FROM, CROPPED_SHARE, LEAST_SIDE, STRIDE, basic_share
from .device_photographs import DevicePhotographs, read_photographs
from .device_pool import MASK, PIXELS, DevicePool
from .forgery import KINDS
from .packed import read_packed
from .pool import BASIC, KIND_SHARES, difficulty_at
from .relayformer import normalise

# A close-up is a canvas of one tile, for a quarter of the price of one of four.
CLOSE_UPS_PER_CANVAS = 3
# Few large batches of forgeries cost less time than many small ones: so many batches of canvases, after so many steps.
FORGED_BATCHES, FORGE_PERIOD = 4, 5
# Batches of canvases that the pool holds.
POOL_BATCHES = 32


def shares_with(basic):
    """Shares of the kinds where `basic` of the pictures are splices or untouched."""
    shares = np.array(KIND_SHARES)
    simple = np.where(np.isin(np.arange(len(KINDS)), BASIC), shares, 0)
    return (1 - basic) * shares + basic * simple / simple.sum()


class DeviceBatches:
    """The same batches as train.Batches, of forgeries that are new."""

    def __init__(self, folder, clips, count, seed, device, progress, most=None):
        self.count, self.device, self.progress = count, device, progress
        photographs = DevicePhotographs(read_photographs(folder, most), device)
        print(f"{len(photographs)} photographs", flush=True)
        self.random = np.random.default_rng([seed, 1])
        self.pool = DevicePool(Forger(photographs, seed), count * POOL_BATCHES)
        self.clips = self.read_clips(clips) if clips else None
        for _ in range(POOL_BATCHES // FORGED_BATCHES):
            self.forge()

    def read_clips(self, path):
        """uint8 [n, frames * 4, SIDE, SIDE]: each frame's colours and mask."""
        pixels, masks, _ = read_packed(path)
        pixels, masks = torch.from_numpy(pixels).permute(0, 1, 4, 2, 3), torch.from_numpy(masks)[:, :, None]
        return torch.cat([pixels, masks], dim=2).flatten(1, 2).to(self.device)

    def forge(self):
        progress = self.progress()
        self.pool.add(self.count * FORGED_BATCHES, difficulty_at(progress), shares_with(basic_share(progress)))

    def start_pictures(self, count):
        """uint8 [n, SIDE, SIDE, 3] on the CPU."""
        return self.pool.entries[:count, PIXELS].permute(0, 2, 3, 1).cpu()

    def from_step(self, step):
        """Endless (pixels, masks, frames, size)."""
        while True:
            if step % FORGE_PERIOD == 0:
                self.forge()
            canvas_share = np.interp(self.progress(), (0, 1), CANVAS_SHARES)
            if self.clips is not None and self.progress() > CLIPS_FROM and step % CLIP_PERIOD == 0:
                chosen = self.pool.draws.integers(0, len(self.clips), max(self.count // CLIP_FRAMES, 1))
                clips = mirrored(self.clips[chosen], self.pool.draws)
                yield self.cropped(clips.view(-1, 4, SIDE, SIDE), CLIP_FRAMES)
            elif self.random.random() < canvas_share:
                yield self.cropped(self.pool.canvases(self.count), 1)
            else:
                yield *self.tensors(self.pool.close_ups(CLOSE_UPS_PER_CANVAS * self.count, CLOSE_UP)), 1, None
            step += 1

    def tensors(self, entries):
        """Normalised pixels, and masks at every STRIDE-th place."""
        pixels = normalise(entries[:, PIXELS].permute(0, 2, 3, 1)).contiguous()
        return pixels, torch.nn.functional.avg_pool2d(entries[:, MASK, None].float(), STRIDE)

    def cropped(self, entries, frames):
        """Some batches are of small pictures: the rest of the canvas is black."""
        size = None
        if self.random.random() < CROPPED_SHARE:
            size = tuple(int(length) for length in self.random.integers(LEAST_SIDE, SIDE + 1, 2))
            entries = entries.clone()
            entries[:, :, size[0] :], entries[..., size[1] :] = 0, 0
        return *self.tensors(entries), frames, size
