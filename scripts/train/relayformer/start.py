"""
First weights. Forgeries show in what is left of a picture without its content, and a patch embedding that starts from noise
needs long to find that out. Here it starts from the cosine transform of JPEG, its coefficients at equal strengths, and the
first block starts by measuring how strong each band of high frequencies is in a patch, the second how far that is from its mean.
"""

import numpy as np
import torch

from .relayformer import PATCH, normalise
from .tiles import partition_of

CELL = 8
BLOCKS = (PATCH // CELL) ** 2
LOW, BANDS = 28, 20
HIGH = BANDS * BLOCKS
LUMA = np.array([0.299, 0.587, 0.114])
CHROMA = np.array([[-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])
CHROMA_CHANNELS = 6
# Channels: content, high frequencies of each cell, their magnitudes, a constant, means over the tile, distances from them.
MAGNITUDES = LOW + HIGH
CONSTANT = MAGNITUDES + BANDS
# What is compared with its mean over the tile: magnitudes, and the mean brightness and colour.
COMPARED = [*range(MAGNITUDES, CONSTANT), 0, LOW - 2 * CHROMA_CHANNELS, LOW - CHROMA_CHANNELS]
MEANS = CONSTANT + 1
DISTANCES = MEANS + len(COMPARED)
FREE = DISTANCES + len(COMPARED)
# The norms divide by the strength of a token. A constant channel that outweighs the others leaves differences in level alone.
LEVEL = 42.0
# Units are steep, so that GELU is nearly a ramp.
SHARPNESS, DISTANCE_SHARPNESS = 50.0, 3.0
# Magnitudes are compressed about as by a logarithm: where the slope changes (in strengths of a coefficient), and to what.
BENDS, SLOPES = (0.0, 0.08, 0.3, 1.2), (1.0, 0.33, 0.1, 0.025)
# Of the compressed magnitudes, and of their distances from the mean.
STRENGTH, DISTANCE_STRENGTH = 36.0, 1.0
FIRST_SCORES, UNIFORM, OTHERS = 0.2, 0.1, 0.1


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
    vit, x = model.vit, normalise(pictures)
    projection, relays = vit.patch_embed.proj, model.config["tokens_per_patch"]
    filters = torch.from_numpy(np.concatenate([low_filters(), high_filters()])).float()
    projection.weight[:] = 0
    projection.weight[: len(filters)], projection.bias[:] = filters, 0
    strength = vit.embed(x).flatten(0, -2).std(dim=0)[: len(filters)]
    projection.weight[: len(filters)] /= strength[:, None, None, None]
    projection.bias[CONSTANT] = vit.pos_embed[:, :relays, CONSTANT] = LEVEL
    # Positions in the free channels only: as noise they would hide weak coefficients.
    vit.pos_embed[:, relays:, :FREE] = 0
    first, second = vit.blocks[:2]
    for block in (first, second):
        for layer in (block.attn.proj, block.mlp.fc2):
            layer.weight *= OTHERS
            layer.weight[:FREE], layer.bias[:] = 0, 0
    # In the first block the norm divides by nearly this.
    unit = LEVEL / model.config["embed_dim"] ** 0.5
    high = torch.arange(LOW, LOW + HIGH)
    measure_levels(first.mlp, high, MAGNITUDES + torch.arange(HIGH) // BLOCKS, unit)
    tokens = model.tile_tokens(x, partition_of(model.config, x.shape[-1], *x.shape[-2:])).flatten(0, 1)
    seen = first(tokens, "loc")[:, relays:]
    first.mlp.fc2.bias[MAGNITUDES:CONSTANT] = -seen[..., MAGNITUDES:CONSTANT].mean(dim=(0, 1))
    strength = first(tokens, "loc")[:, relays:].std(dim=-1).mean()
    take_means(second.attn, strength)
    measure_distances(second.mlp, strength)
    model.mask_decoder.input_proj.weight *= FIRST_SCORES


def measure_levels(mlp, channels, targets, unit):
    """Ramps that begin at the bends, on both sides of zero; `targets` get the sum. A coefficient arrives divided by `unit`."""
    for begin, change in zip(BENDS, np.diff(SLOPES, prepend=0.0)):
        for sign in (1, -1):
            units = free_units(mlp, channels)
            mlp.fc1.weight[units, channels] = sign * SHARPNESS
            mlp.fc1.bias[units] = -begin / unit * SHARPNESS
            mlp.fc2.weight[targets, units] = float(change) * STRENGTH / BLOCKS * unit / SHARPNESS


def take_means(attention, strength):
    """Attention that looks everywhere alike and takes the means of some channels away, as strong as they were before the norm."""
    width, count = attention.proj.weight.shape[0], len(COMPARED)
    attention.qkv.weight[: 2 * width] *= UNIFORM
    values, taken = torch.arange(2 * width, 2 * width + count), torch.arange(count)
    attention.qkv.weight[values], attention.qkv.bias[values] = 0, 0
    attention.qkv.weight[values, torch.tensor(COMPARED)] = 1
    attention.proj.weight[MEANS + taken, taken] = -strength


def measure_distances(mlp, strength):
    """Magnitudes of the compared channels plus their negative means."""
    compared = torch.arange(len(COMPARED))
    for sign in (1, -1):
        units = free_units(mlp, compared)
        mlp.fc1.weight[units, torch.tensor(COMPARED)] = sign * DISTANCE_SHARPNESS
        mlp.fc1.weight[units, MEANS + compared] = sign * DISTANCE_SHARPNESS
        mlp.fc2.weight[DISTANCES + compared, units] = DISTANCE_STRENGTH * float(strength) / DISTANCE_SHARPNESS


def free_units(mlp, channels):
    """The next units of a hidden layer, one for each channel, without their random weights."""
    first = getattr(mlp, "used", 0)
    mlp.used = first + len(channels)
    units = torch.arange(first, mlp.used)
    mlp.fc1.weight[units], mlp.fc1.bias[units], mlp.fc2.weight[:, units] = 0, 0, 0
    return units
