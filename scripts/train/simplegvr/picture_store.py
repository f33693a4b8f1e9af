"""Many pictures in one tensor on the device: squares of them are gathered without a loop over pictures."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from .drawings import draw_pictures

REDUCTIONS = (0.6, 0.9)
REDUCED_SHARE = 0.3
DRAWN_SHARE = 0.08
DRAWINGS = 200
# Candidates for one square; pixels along a side that are compared with their diagonal neighbours, and the mean
# difference below which a square has too little detail to learn from.
CANDIDATES = 4
PROBES = 12
FLAT_DIFFERENCE = 2.5
FLAT_KEPT = 0.15


class Squares(NamedTuple):
    """Squares of a store, turned and mirrored; everything but the side is a tensor [B]."""

    side: int
    first: torch.Tensor  # pixel of the first corner
    width: torch.Tensor  # of the picture
    turns: torch.Tensor  # bool [3, B]: rows reversed, columns reversed, transposed

    def pixels(self, rows, cols):
        """Indices in the store of positions [B, ...] of the squares."""
        shape = (-1,) + (1,) * (rows.ndim - 1)
        first, width, up, left, across = (part.view(shape) for part in (self.first, self.width, *self.turns))
        rows = torch.where(up, self.side - 1 - rows, rows)
        cols = torch.where(left, self.side - 1 - cols, cols)
        return first + torch.where(across, cols, rows) * width + torch.where(across, rows, cols)

    def part(self, chosen):
        """Some of the squares."""
        return Squares(self.side, self.first[chosen], self.width[chosen], self.turns[:, chosen])


class PictureStore:
    """groups: pairs (share of the squares, uint8 pictures [H, W, 3]); within a group area decides.

    keep_flat: take all squares, where the pictures were chosen by their details already.
    """

    def __init__(self, groups, device, keep_flat=False):
        pictures = [picture for _, group in groups for picture in group]
        sizes = np.array([picture.shape[:2] for picture in pictures], dtype=np.int64)
        areas = sizes.prod(axis=1)
        shares, place = [], 0
        for share, group in groups:
            part = areas[place : place + len(group)]
            shares.append(share * part / part.sum())
            place += len(group)
        self.device = device
        self.keep_flat = keep_flat
        self.least = int(sizes.min())
        self.values = torch.empty(int(areas.sum()), 3, dtype=torch.uint8, device=device)
        starts = np.cumsum(areas) - areas
        for start, area, picture in zip(starts, areas, pictures):
            self.values[int(start) : int(start + area)] = torch.from_numpy(np.array(picture)).view(-1, 3).to(device)
        self.starts = torch.from_numpy(starts).to(device)
        self.sizes = torch.from_numpy(sizes).to(device)
        self.bounds = torch.from_numpy(np.cumsum(np.concatenate(shares))).float().to(device)

    def squares(self, count, side, generator):
        """Random squares, turned at random; most flat ones are dropped."""

        def uniform(*shape):
            return torch.rand(shape, generator=generator, device=self.device)

        total = count if self.keep_flat else CANDIDATES * count
        chosen = torch.searchsorted(self.bounds, uniform(total)).clamp_max(len(self.bounds) - 1)
        sizes = self.sizes[chosen]
        corners = (uniform(total, 2) * (sizes - side + 1)).long().minimum(sizes - side)
        first = self.starts[chosen] + corners[:, 0] * sizes[:, 1] + corners[:, 1]
        squares = Squares(side, first, sizes[:, 1], uniform(3, total) < 0.5)
        if self.keep_flat:
            return squares
        probes = torch.arange(PROBES, device=self.device) * (side // PROBES)
        probed, beside = (self.gather(squares, at.view(1, -1, 1), at.view(1, 1, -1)).float() for at in (probes, probes + 1))
        flat = (probed - beside).abs().mean(dim=(1, 2, 3)) < FLAT_DIFFERENCE
        rejected = flat & (uniform(total) >= FLAT_KEPT)
        order = torch.sort(rejected.to(torch.uint8), stable=True).indices
        return squares.part(order[:count])

    def gather(self, squares, rows, cols):
        """uint8 [B, ..., 3] at positions of the squares."""
        return self.values[squares.pixels(rows, cols)]


def reduced(picture, factor):
    """A picture made smaller: other sharpness and other sizes of things."""
    size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
    return np.asarray(Image.fromarray(picture).resize(size, Image.LANCZOS))


def load_crops(path, device):
    """Store of the crop cache."""
    return PictureStore(((1.0, np.load(path, mmap_mode="r")),), device, keep_flat=True)


def load_photos(folder, least, device, seed=0):
    """Store of the photographs of a folder, of reductions of them, and of drawings; sides are at least `least`."""
    random = np.random.default_rng(seed)
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png"))
    factors = random.uniform(*REDUCTIONS, len(paths))

    def read(path, factor):
        photo = np.asarray(Image.open(path).convert("RGB"))
        return photo, reduced(photo, factor)

    with ThreadPoolExecutor(8) as pool:
        pairs = list(pool.map(read, paths, factors))
    large = lambda pictures: [picture for picture in pictures if min(picture.shape[:2]) >= least]
    groups = (
        (1 - REDUCED_SHARE - DRAWN_SHARE, large(photo for photo, _ in pairs)),
        (REDUCED_SHARE, large(small for _, small in pairs)),
        (DRAWN_SHARE, draw_pictures(DRAWINGS, random)),
    )
    return PictureStore(groups, device)
