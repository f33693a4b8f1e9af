"""Diffusion transformer of Wan2.1 with the attention of SimpleGVR.

Key names are those of the published checkpoints. Tokens are [B, L, D], L in (frame, row, col) order.
"""

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import nn

from .sparse_attention import dense_attention, sparse_attention, unit_bounds


def sinusoid(positions, width):
    """Time embedding, cosine half first: [B] -> [B, width]."""
    half = width // 2
    rates = torch.pow(10000.0, -torch.arange(half, dtype=torch.float64, device=positions.device) / half)
    angles = positions.double()[:, None] * rates
    return torch.cat((angles.cos(), angles.sin()), dim=1).float()


@lru_cache(maxsize=16)
def rope_table(grid, head_dim, device=torch.device("cpu")):
    """Cosines and sines [L, head_dim / 2] of the rotary embedding; kept, for a copy makes the host wait."""
    side = head_dim // 6
    pairs = (head_dim // 2 - 2 * side, side, side)
    parts = []
    for axis, (length, count) in enumerate(zip(grid, pairs)):
        rates = torch.pow(10000.0, -torch.arange(count, dtype=torch.float64) / count)
        angles = torch.arange(length, dtype=torch.float64)[:, None] * rates
        shape = [1, 1, 1, count]
        shape[axis] = length
        parts.append(angles.view(shape).expand(*grid, count))
    angles = torch.cat(parts, dim=3).reshape(-1, head_dim // 2)
    return angles.cos().float().to(device), angles.sin().float().to(device)


def rotate(tokens, table):
    """Rotate adjacent pairs of [B, L, heads, d]."""
    cos, sin = (part[None, :, None] for part in table)
    even, odd = tokens[..., 0::2], tokens[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(3)


class WidthNorm(nn.Module):
    """RMS norm over the full width with a weight."""

    def __init__(self, width, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, tokens):
        return tokens * torch.rsqrt(tokens.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class Attention(nn.Module):
    """Projections and norms shared by self- and cross-attention."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        self.v = nn.Linear(width, width)
        self.o = nn.Linear(width, width)
        self.norm_q = WidthNorm(width)
        self.norm_k = WidthNorm(width)

    def project(self, tokens, context):
        """q, k, v as [B, L, heads, d]."""
        query = self.norm_q(self.q(tokens))
        key = self.norm_k(self.k(context))
        value = self.v(context)
        return tuple(part.unflatten(2, (self.heads, -1)) for part in (query, key, value))


class CrossAttention(Attention):
    """Tokens attend to all context rows, padded rows included."""

    def forward(self, tokens, context):
        query, key, value = (part.transpose(1, 2) for part in self.project(tokens, context))
        return self.o(dense_attention(query, key, value).transpose(1, 2).flatten(2))


class SelfAttention(Attention):
    """Attention inside temporal units, full or sparse local."""

    def __init__(self, width, heads, settings, layer):
        super().__init__(width, heads)
        self.settings = settings
        self.layer = layer

    def forward(self, tokens, grid, table):
        query, key, value = self.project(tokens, tokens)
        query, key = rotate(query, table), rotate(key, table)
        frames, area = grid[0], grid[1] * grid[2]
        settings = self.settings
        mixed = []
        for first, end in unit_bounds(frames, settings["unit"], settings["shift"], self.layer):
            part = slice(first * area, end * area)
            unit_grid = (end - first, *grid[1:])
            mixed.append(self.attend(query[:, part], key[:, part], value[:, part], unit_grid))
        return self.o(torch.cat(mixed, dim=1).flatten(2))

    def attend(self, query, key, value, grid):
        if self.settings["type"] == "sparse_local":
            return sparse_attention(query, key, value, grid, self.settings["window"], self.settings["topk"])
        query, key, value = (part.transpose(1, 2) for part in (query, key, value))
        return dense_attention(query, key, value).transpose(1, 2)


class Block(nn.Module):
    """Modulated self-attention, optional cross-attention, modulated feed-forward."""

    def __init__(self, config, layer):
        super().__init__()
        width = config["dim"]
        self.modulation = nn.Parameter(torch.randn(1, 6, width) / width**0.5)
        self.self_attn = SelfAttention(width, config["num_heads"], config["attention"], layer)
        self.cross = config["cross_attn"]
        if self.cross:
            self.norm3 = nn.LayerNorm(width, eps=1e-6)
            self.cross_attn = CrossAttention(width, config["num_heads"])
        self.ffn = nn.Sequential(
            nn.Linear(width, config["ffn_dim"]), nn.GELU(approximate="tanh"), nn.Linear(config["ffn_dim"], width)
        )

    def forward(self, tokens, time, grid, table, context):
        """time: [B, 6, D] projection of the timestep."""
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.modulation + time).split(1, dim=1)
        tokens = tokens + gate1 * self.self_attn(plain_norm(tokens) * (1 + scale1) + shift1, grid, table)
        if self.cross:
            tokens = tokens + self.cross_attn(self.norm3(tokens), context)
        return tokens + gate2 * self.ffn(plain_norm(tokens) * (1 + scale2) + shift2)


def plain_norm(tokens):
    """LayerNorm without weights."""
    return F.layer_norm(tokens, tokens.shape[-1:], eps=1e-6)


class Head(nn.Module):
    """Modulated projection of tokens to patches."""

    def __init__(self, width, outputs):
        super().__init__()
        self.modulation = nn.Parameter(torch.randn(1, 2, width) / width**0.5)
        self.head = nn.Linear(width, outputs)

    def forward(self, tokens, embedding):
        shift, scale = (self.modulation + embedding[:, None]).split(1, dim=1)
        return self.head(plain_norm(tokens) * (1 + scale) + shift)


class Dit(nn.Module):
    """Velocity network: ([B, in, F, h, w], network timestep [B]) -> [B, out, F, h, w]."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        width, patch = config["dim"], tuple(config["patch_size"])
        self.patch_embedding = nn.Conv3d(config["in_dim"], width, patch, stride=patch)
        self.time_embedding = nn.Sequential(nn.Linear(config["freq_dim"], width), nn.SiLU(), nn.Linear(width, width))
        self.time_projection = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        if config["cross_attn"]:
            self.text_embedding = nn.Sequential(
                nn.Linear(config["text_dim"], width), nn.GELU(approximate="tanh"), nn.Linear(width, width)
            )
        self.blocks = nn.ModuleList([Block(config, layer) for layer in range(config["num_layers"])])
        self.head = Head(width, math.prod(patch) * config["out_dim"])

    def forward(self, latent, timestep, context=None):
        """context: list of [rows, text_dim], one per sample, or None without cross-attention."""
        features = self.patch_embedding(latent)
        grid = tuple(features.shape[2:])
        tokens = features.flatten(2).transpose(1, 2)
        embedding = self.time_embedding(sinusoid(timestep, self.config["freq_dim"]))
        time = self.time_projection(embedding).unflatten(1, (6, -1))
        text = self.embed_text(context) if self.config["cross_attn"] else None
        table = rope_table(grid, self.config["dim"] // self.config["num_heads"], tokens.device)
        for block in self.blocks:
            tokens = block(tokens, time, grid, table, text)
        return self.unpatchify(self.head(tokens, embedding), grid)

    def embed_text(self, context):
        """Rows are zero-padded to text_len before the embedding."""
        length = self.config["text_len"]
        padded = [F.pad(rows, (0, 0, 0, length - rows.shape[0])) for rows in context]
        return self.text_embedding(torch.stack(padded))

    def unpatchify(self, tokens, grid):
        """[B, L, pf*ph*pw*C] -> [B, C, F, h, w], channel fastest."""
        frames, height, width = grid
        pf, ph, pw = self.config["patch_size"]
        video = tokens.reshape(-1, frames, height, width, pf, ph, pw, self.config["out_dim"])
        video = video.permute(0, 7, 1, 4, 2, 5, 3, 6)
        return video.reshape(-1, self.config["out_dim"], frames * pf, height * ph, width * pw)
