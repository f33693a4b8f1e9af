"""
First weights. Forgeries show in what is left of a picture without its content, and a patch embedding that starts from noise
needs long to find that out. Here it starts from the cosine transform of JPEG, its coefficients at equal strengths, and the
first block starts by measuring how strong each band of high frequencies is in a patch.
"""

import numpy as np
import torch

from .relayformer import PATCH, normalise

CELL = 8
BLOCKS = (PATCH // CELL) ** 2
# Channels: content, high frequencies of each cell, their magnitudes, a constant, free ones.
LOW, BANDS = 40, 24
HIGH = BANDS * BLOCKS
LUMA = np.array([0.299, 0.587, 0.114])
CHROMA = np.array([[-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])
CHROMA_CHANNELS = 6
SHARPNESS, MAGNITUDE = 6.0, 2.0
# The norm before the MLP divides by the strength of a patch; a constant channel keeps smooth patches from being blown up.
CONSTANT = 4.0
FIRST_SCORES = 0.2


def cosine_table(size):
    """Orthonormal rows: frequencies by positions."""
    frequency, position = np.mgrid[:size, :size]
    rows = np.cos(np.pi * (2 * position + 1) * frequency / (2 * size)) * np.sqrt(2 / size)
    rows[0] /= np.sqrt(2)
    return rows


def by_frequency(size):
    """Pairs of frequencies, low ones first."""
    return sorted(((u, v) for u in range(size) for v in range(size)), key=lambda pair: (sum(pair), pair))


def low_filters():
    """Content: LOW smooth filters over the whole patch, most of them of brightness, [n, 3, 16, 16]."""
    table, filters = cosine_table(PATCH), []
    for channels, count in ((LUMA, LOW - 2 * CHROMA_CHANNELS), *((row, CHROMA_CHANNELS) for row in CHROMA)):
        for u, v in by_frequency(PATCH)[:count]:
            filters.append(channels[:, None, None] * np.outer(table[u], table[v]))
    return np.stack(filters)


def high_filters():
    """Residue: BANDS coefficients of each of the 8x8 cells of a patch, band by band."""
    table, filters = cosine_table(CELL), []
    high = by_frequency(CELL)[CELL * CELL // 6 :]
    for index in np.linspace(0, len(high) - 1, BANDS).round().astype(int):
        wave = np.outer(*(table[frequency] for frequency in high[index]))
        for top in range(0, PATCH, CELL):
            for left in range(0, PATCH, CELL):
                whole = np.zeros((3, PATCH, PATCH))
                whole[:, top : top + CELL, left : left + CELL] = LUMA[:, None, None] * wave
                filters.append(whole)
    return np.stack(filters)


@torch.no_grad()
def start(model, pictures):
    """Set the first weights of a network; pictures uint8 [n, s, s, 3] give the strengths of the coefficients."""
    projection = model.vit.patch_embed.proj
    filters = torch.from_numpy(np.concatenate([low_filters(), high_filters()])).float()
    used = len(filters)
    projection.weight[:used], projection.bias[:] = filters, 0
    projection.weight[used:] *= 0.1
    strength = model.vit.embed(normalise(pictures)).flatten(0, -2).std(dim=0)[:used]
    projection.weight[:used] /= strength[:, None, None, None]
    projection.bias[used + BANDS] = CONSTANT
    measure_bands(model.vit.blocks[0].mlp)
    model.mask_decoder.input_proj.weight *= FIRST_SCORES


def measure_bands(mlp):
    """Pairs of units whose sum is nearly the magnitude of a coefficient; channels after the filters get its mean over the cells."""
    high = torch.arange(LOW, LOW + HIGH)
    units = torch.arange(HIGH)
    for sign, offset in ((1, 0), (-1, HIGH)):
        mlp.fc1.weight[units + offset] = 0
        mlp.fc1.weight[units + offset, high] = sign * SHARPNESS
        mlp.fc1.bias[units + offset] = 0
        mlp.fc2.weight[:, units + offset] *= 0.1
        mlp.fc2.weight[LOW + HIGH + units // BLOCKS, units + offset] = MAGNITUDE / (SHARPNESS * BLOCKS)
