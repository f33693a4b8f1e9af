"""JPEG of many pictures at once, each with its own quality: the rounding that a file brings, without the file."""

from functools import lru_cache

import numpy as np
import torch
from torch.nn import functional as F

from .start import CELL, cosine_table

LUMA_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMA_TABLE = ((17, 18, 24, 47), (18, 21, 26, 66), (24, 26, 56, 99), (47, 66, 99, 99))
CHROMA_REST = 99
TO_YCC = ((0.299, 0.587, 0.114), (-0.168735892, -0.331264108, 0.5), (0.5, -0.418687589, -0.081312411))
TO_RGB = ((1, 0, 1.402), (1, -0.344136286, -0.714136286), (1, 1.772, 0))
MIDDLE = 128
# Of 4:2:0: chroma cells of two by two.
UNIT = 2 * CELL


def quantisers(qualities):
    """Steps [n, 64] of brightness and of colour, by libjpeg's rule."""
    colour = np.full((CELL, CELL), CHROMA_REST)
    colour[:4, :4] = CHROMA_TABLE
    quality = qualities.float().clamp(1, 100)
    percent = torch.where(quality < 50, torch.floor(5000 / quality), 200 - 2 * quality)[:, None]
    for table in (np.array(LUMA_TABLE), colour):
        base = torch.from_numpy(table.ravel()).to(qualities.device).float()
        yield torch.floor((base * percent + 50) / 100).clamp(1, 255)


@lru_cache(maxsize=2)
def all_waves(device):
    """[64, 64]: all coefficients of a cell as one product."""
    wave = cosine_table(CELL)
    return torch.from_numpy(np.kron(wave, wave)).float().to(device)


def through_cells(planes, steps):
    """Planes [n, c, h, w] around zero, cell by cell rounded to multiples of the steps [n, 64] in frequency."""
    count, channels, height, width = planes.shape
    forward = all_waves(planes.device)
    cells = planes.view(count, channels, height // CELL, CELL, width // CELL, CELL).permute(0, 1, 2, 4, 3, 5)
    shape, steps = cells.shape, steps.view(count, 1, 1, 1, -1)
    coefficients = cells.flatten(-2) @ forward.T
    restored = ((coefficients / steps).round() * steps) @ forward
    return restored.view(shape).permute(0, 1, 2, 4, 3, 5).reshape(planes.shape)


def in_range(planes):
    return (planes + MIDDLE).round().clamp(0, 255) - MIDDLE


def jpeg(pixels, qualities, subsampled):
    """
    float32 [n, 3, h, w] saved and read again; qualities [n], 0 for pictures that are not saved; subsampled bool [n]: 4:2:0 instead
    of 4:4:4.
    """
    height, width = pixels.shape[-2:]
    table = torch.tensor(TO_YCC, device=pixels.device)
    back = torch.tensor(TO_RGB, device=pixels.device)
    whole = pixels.round().clamp(0, 255)
    padded = F.pad(whole, (0, -width % UNIT, 0, -height % UNIT), mode="replicate")
    planes = torch.einsum("oc,nchw->nohw", table, padded)
    luma, chroma = in_range(planes[:, :1] - MIDDLE), planes[:, 1:].round().clamp(-MIDDLE, MIDDLE - 1)
    of_luma, of_chroma = quantisers(qualities)
    luma = in_range(through_cells(luma, of_luma))
    full = in_range(through_cells(chroma, of_chroma))
    small = in_range(through_cells(F.avg_pool2d(chroma, 2).round(), of_chroma))
    # The triangle of libjpeg.
    enlarged = F.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False).round()
    chroma = torch.where(subsampled.view(-1, 1, 1, 1), enlarged, full)
    saved = torch.einsum("oc,nchw->nohw", back, torch.cat([luma + MIDDLE, chroma], dim=1))
    saved = saved[..., :height, :width].round().clamp(0, 255)
    return torch.where((qualities > 0).view(-1, 1, 1, 1), saved, pixels)
