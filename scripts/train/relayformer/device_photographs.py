"""Photographs on a device, from which many crops are cut at once, each at its own scale."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .batched_sampling import OF_RESIZING, mirrored, rounded, sampled

# Example forgeries for judging are made from it: never trained on.
EXCLUDED = "lomiri-wallpapers-16.04"
SHRUNK_BELOW = 1


def read_photographs(folder, most=None):
    """uint8 [h, w, 3] of the JPEG files of a folder, named PACKAGE__NAME.jpg."""
    paths = [path for path in sorted(Path(folder).glob("*.jpg")) if not path.name.startswith(EXCLUDED)]
    for path in paths[:most]:
        try:
            yield np.array(Image.open(path).convert("RGB"))
        except OSError as error:
            print(f"{path.name} is left out: {error}", flush=True)


class DevicePhotographs:
    """Tables of sums: the mean of any rectangle of any photograph is four look-ups, whatever the scale."""

    def __init__(self, photographs, device):
        tables, sizes = [], []
        for pixels in photographs:
            plane = torch.from_numpy(pixels).to(device).permute(2, 0, 1)
            table = torch.zeros((3, plane.shape[1] + 1, plane.shape[2] + 1), dtype=torch.int32, device=device)
            table[:, 1:, 1:] = plane.cumsum(dim=1, dtype=torch.int32).cumsum(dim=2, dtype=torch.int32)
            tables.append(table.flatten(1))
            sizes.append(pixels.shape[:2])
        self.tables, self.sizes, self.device = torch.cat(tables, dim=1), np.array(sizes), device
        self.starts = np.concatenate([[0], np.cumsum([table.shape[1] for table in tables])[:-1]])

    def __len__(self):
        return len(self.sizes)

    def crops(self, chosen, side, scales, draws, random):
        """Crops [n, 3, side, side] of the photographs `chosen`, at random places and scales, turned and mirrored."""
        count, available = len(chosen), self.sizes[chosen]
        scale = np.exp(random.uniform(*np.log(scales), count))
        scale = np.maximum(scale, (side / available).max(axis=1))
        extent = np.minimum(available, np.rint(side / scale[:, None]).astype(int))
        corner = (random.random((count, 2)) * (available - extent + 1)).astype(int)
        shrunk = scale < SHRUNK_BELOW
        # A crop to be enlarged is fetched as it is.
        steps = np.where(shrunk[:, None], extent / side, 1.0)
        numbers = np.stack([self.starts[chosen], available[:, 1] + 1, *corner.T, *available.T, *extent.T], axis=1)
        numbers, steps = torch.from_numpy(numbers).to(self.device), torch.from_numpy(steps).to(self.device)
        pixels = self.means(numbers, steps, side)
        larger = np.flatnonzero(~shrunk)
        if len(larger):
            larger = torch.from_numpy(larger).to(self.device)
            pixels[larger] = enlarged(pixels[larger], numbers[larger, 6:8])
        return mirrored(rounded(pixels), draws)

    def means(self, numbers, steps, side):
        """Means of rectangles of `steps` pixels, their borders at whole pixels as Pillow's box filter has them."""
        start, width, top, left, height_there, width_there = numbers[:, :6].T[..., None]
        places = torch.arange(side + 1, device=self.device)
        rows = torch.minimum(top + torch.floor(places * steps[:, :1] + 0.5).long(), height_there)
        columns = torch.minimum(left + torch.floor(places * steps[:, 1:] + 0.5).long(), width_there)
        sums = self.tables[:, (start + rows * width)[:, :, None] + columns[:, None]]
        sums = sums[:, :, 1:] - sums[:, :, :-1]
        sums = (sums[..., 1:] - sums[..., :-1]).float()
        areas = (rows[:, 1:] - rows[:, :-1])[:, :, None] * (columns[:, 1:] - columns[:, :-1])[:, None]
        return (sums / areas.clamp(min=1)).transpose(0, 1).contiguous()


def enlarged(pixels, extents):
    """The first `extents` (rows, columns) pixels of each crop, enlarged to the whole of it."""
    side = pixels.shape[-1]
    places = torch.arange(side, device=pixels.device) + 0.5
    rows, columns = (torch.minimum(places * (extent / side)[:, None] - 0.5, extent[:, None] - 1.0) for extent in extents.T)
    ys, xs = rows[:, :, None].expand(-1, -1, side), columns[:, None].expand(-1, side, -1)
    return sampled(pixels, ys.float().contiguous(), xs.float().contiguous(), OF_RESIZING)
