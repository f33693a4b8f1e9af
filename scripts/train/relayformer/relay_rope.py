"""The position code of relay tokens, on four axes: frame, token, tile row, tile column."""

import torch

GROUP = 8
AXES = 4


def relay_positions(frames, partition, tokens):
    """Positions [frames*tiles*tokens, 4], frame-major, then tile, then token."""
    frame, row, column, token = torch.meshgrid(
        *(torch.arange(count) for count in (frames, partition.rows, partition.columns, tokens)), indexing="ij"
    )
    return torch.stack([frame, token, row, column], dim=-1).flatten(0, 3)


def relay_angles(positions):
    """Angles [length, 4, 8]: each of four frequencies twice in a row."""
    frequencies = 10000.0 ** (-torch.arange(GROUP // 2) / (GROUP // 2))
    angles = positions[..., None].float() * frequencies
    return angles.repeat_interleave(2, dim=-1)


def rotate(x, angles):
    """
    x [n, heads, length, d] with its first 32 channels turned. Partners lie half a group apart while angles repeat in pairs, so
    this is no rotation: the authors' code does the same, and their weights need it.
    """
    turned, rest = x[..., : AXES * GROUP].unflatten(-1, (AXES, GROUP)), x[..., AXES * GROUP :]
    first, second = turned.chunk(2, dim=-1)
    partner = torch.cat([-second, first], dim=-1)
    turned = turned * angles.cos().to(x.dtype) + partner * angles.sin().to(x.dtype)
    return torch.cat([turned.flatten(-2), rest], dim=-1)
