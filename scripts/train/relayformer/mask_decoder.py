"""Queries that look at a token map and vote for a mask."""

import torch
from torch import nn
from torch.nn import functional as F


class QueryAttention(nn.Module):
    """Attention among the queries, with rotary positions by query number."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.proj = nn.Linear(width, width)
        self.token_rotary_emb = nn.Module()
        size = width // heads
        frequencies = 10.0 ** (-2 * torch.arange(size // 2) / size)
        self.token_rotary_emb.freqs = nn.Parameter(frequencies, requires_grad=False)

    def rotate(self, x):
        """x [n, heads, queries, d]: neighbouring channels are turned by the query's number times a frequency."""
        angles = torch.arange(x.shape[2], device=x.device)[:, None] * self.token_rotary_emb.freqs
        cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1).flatten(-2)

    def forward(self, x):
        q, k, v = (part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.q_proj, self.k_proj, self.v_proj))
        scores = self.rotate(q) @ self.rotate(k).transpose(-2, -1) * q.shape[-1] ** -0.5
        return self.proj((scores.softmax(dim=-1) @ v).transpose(1, 2).flatten(2))


class PixelAttention(nn.MultiheadAttention):
    """Queries look at pixels; only the large products in bfloat16: batches of tiny ones are slow in it on a CPU."""

    def forward(self, queries, pixels):
        size = self.head_dim
        parts = self.embed_dim, 2 * self.embed_dim
        of_queries, of_pixels = zip(self.in_proj_weight.split(parts), self.in_proj_bias.split(parts))
        q = F.linear(queries, *of_queries).unflatten(-1, (-1, size)).transpose(1, 2)
        k, v = F.linear(pixels, *of_pixels).unflatten(-1, (2, -1, size)).permute(2, 0, 3, 1, 4)
        with torch.autocast(q.device.type, enabled=False):
            scores = q.float() @ k.float().transpose(-2, -1) * size**-0.5
            mixed = (scores.softmax(dim=-1) @ v.float()).transpose(1, 2).flatten(2)
        return self.out_proj(mixed)


class DecoderLayer(nn.Module):
    def __init__(self, width, heads, eps):
        super().__init__()
        self.cross_attn = PixelAttention(width, heads)
        self.self_attn = QueryAttention(width, heads)
        self.ffn = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        self.norm_cross, self.norm_self, self.norm_ffn = (nn.LayerNorm(width, eps) for _ in range(3))

    def forward(self, queries, pixels):
        queries = self.norm_cross(queries + self.cross_attn(queries, pixels))
        queries = self.norm_self(queries + self.self_attn(queries))
        return self.norm_ffn(queries + self.ffn(queries))


class MaskDecoder(nn.Module):
    """Map [n, H, W, c] -> scores [n, 1, H, W], before the sigmoid."""

    def __init__(self, channels, queries, hidden, heads, layers, eps):
        super().__init__()
        self.input_proj = nn.Conv2d(channels, hidden, 3, padding=1)
        self.mask_embed = nn.Embedding(queries, hidden)
        self.layers = nn.ModuleList(DecoderLayer(hidden, heads, eps) for _ in range(layers))
        self.gate_mlp = nn.Linear(hidden, 1)
        # Part of the file format; the authors' code does not use it.
        self.final_conv = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1))

    def forward(self, tokens):
        x = self.input_proj(tokens.permute(0, 3, 1, 2))
        pixels = x.flatten(2).transpose(1, 2)
        queries = self.mask_embed.weight.expand(len(x), -1, -1)
        for layer in self.layers:
            queries = layer(queries, pixels)
        voted = (self.gate_mlp(queries).sigmoid() * queries).sum(dim=1)
        return torch.einsum("nc,nchw->nhw", voted.float(), x.float())[:, None]
