"""Forged pictures on a device: new ones replace the oldest in every few steps, training cuts what it needs out of those there."""

import torch
from torch.nn import functional as F

from .batched_sampling import mirrored
from .config import SIDE
from .pool import CELL, CROP_TRIES, MOST_MANIPULATED

PIXELS, MASK = slice(0, 3), 3


class DevicePool:
    """A ring of entries uint8 [4, SIDE, SIDE]: three colours and the mask."""

    def __init__(self, forger, capacity):
        self.forger, self.draws = forger, forger.draws
        self.entries = torch.zeros((capacity, 4, SIDE, SIDE), dtype=torch.uint8, device=self.draws.device)
        self.made = 0

    @property
    def count(self):
        return min(self.made, len(self.entries))

    def add(self, count, difficulty, kind_shares):
        """Forge some; one batch that cannot be made does not end a training as long as there are others."""
        try:
            pixels, masks, _ = self.forger.forge(count, difficulty, kind_shares)
        except (RuntimeError, ValueError, IndexError) as error:
            if not self.made:
                raise
            print(f"no forgeries: {error}", flush=True)
            return
        places = (self.made + torch.arange(count, device=self.draws.device)) % len(self.entries)
        self.entries[places, PIXELS] = pixels.permute(0, 3, 1, 2)
        self.entries[places, MASK] = masks.to(torch.uint8)
        self.made += count

    def canvases(self, count):
        """Random entries uint8 [n, 4, SIDE, SIDE], turned and mirrored."""
        return mirrored(self.entries[self.draws.integers(0, self.count, count)], self.draws)

    def close_ups(self, count, side):
        """
        Crops uint8 [n, 4, side, side] of random entries, on the grid of JPEG, around places of the masks; not much more than half
        manipulated if that can be found.
        """
        draws, device = self.draws, self.draws.device
        chosen = draws.integers(0, self.count, count)
        masks = self.entries[chosen, MASK].float()
        # Of a picture without a mask every place is as good.
        weights = masks.flatten(1) + 1e-6 * (masks.amax(dim=(1, 2)) == 0).float()[:, None]
        places = torch.multinomial(weights, CROP_TRIES, replacement=True)
        corners = []
        for middles in (places // SIDE, places % SIDE):
            corners.append((middles - draws.integers(0, side, count, CROP_TRIES)).clamp(0, SIDE - side) // CELL)
        shares = F.avg_pool2d(masks[:, None], side, CELL)[:, 0]
        share = shares.flatten(1).gather(1, corners[0] * shares.shape[-1] + corners[1])
        # The first that is good enough, or the last.
        order = torch.arange(CROP_TRIES, 0, -1, device=device) * (share < MOST_MANIPULATED).long()
        best = torch.where((order > 0).any(dim=1), order.argmax(dim=1), CROP_TRIES - 1)[:, None]
        steps = torch.arange(side, device=device)
        rows, columns = (corner.gather(1, best) * CELL + steps for corner in corners)
        crops = self.entries[chosen[:, None, None], :, rows[:, :, None], columns[:, None]]
        return mirrored(crops.permute(0, 3, 1, 2), draws)
