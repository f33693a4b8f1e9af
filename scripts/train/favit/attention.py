"""Factorized attention as the official code computes it; tokens are [batch, rows, cols, channels]."""

import torch
from torch import nn

from common.layers import LayerNorm

# Places of a window along each axis.
WINDOW = 7


def as_map(tokens):
    """[b, y, x, c] -> [b, c, y, x], the same memory."""
    return tokens.permute(0, 3, 1, 2)


def as_tokens(tensor):
    """[b, c, y, x] -> [b, y, x, c]."""
    return tensor.permute(0, 2, 3, 1)


def window_places(length, dilation, device):
    """Places of all windows of an axis, window by window; those past its end are reflected back."""
    step = (WINDOW - 1) * dilation + 1
    count = -(-length // step)
    if count * step - length >= length:
        raise ValueError(f"Cannot cut {length} places into windows of {step}: reflection needs more places.")
    starts = torch.arange(count, device=device)[:, None] * step
    places = (starts + torch.arange(WINDOW, device=device) * dilation).flatten()
    return torch.where(places < length, places, 2 * (length - 1) - places)


def fused_windows(source, heads, dilation):
    """
    [b, heads * d, y, x] -> [b, heads, 49, d]: one window out of all. The official code averages runs of the line
    (window, channel) whose length is the number of windows, and so mixes the channels.
    """
    rows, cols = (window_places(length, dilation, source.device) for length in source.shape[2:])
    taps = source.index_select(2, rows).index_select(3, cols)
    # [b, h, d, wy, ty, wx, tx] -> [b, h, ty, tx, wy, wx, d]
    taps = taps.unflatten(3, (-1, WINDOW)).unflatten(2, (-1, WINDOW)).unflatten(1, (heads, -1))
    line = taps.permute(0, 1, 4, 6, 3, 5, 2)
    width = line.shape[-1]
    return line.reshape(*line.shape[:2], WINDOW**2, width, -1).float().mean(dim=-1)


def attend(query, key, value):
    """softmax(query key^T / sqrt(width)) value, [b, heads, n, width]; softmax in float32."""
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    return scores.float().softmax(dim=-1).to(value.dtype) @ value


class LocalKeyValue(nn.Module):
    """kv_l: 3x3 convolution of each channel, then 1x1 over all."""

    def __init__(self, channels):
        super().__init__()
        self.depth_conv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.point_conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return self.point_conv(self.depth_conv(x))


class FactorizedAttention(nn.Module):
    """FaSA: global keys from a strided convolution, and 49 keys fused from all windows, plain and dilated."""

    def __init__(self, dim, heads, reduction):
        super().__init__()
        self.heads = heads
        self.dilations = [1, reduction] if reduction > 1 else [1]
        self.shared = dim // 8
        local = dim - self.shared
        self.group = local // len(self.dilations)
        width = self.group // heads
        self.q = nn.Linear(dim, dim)
        self.kv_g = nn.Linear(self.shared, 2 * self.shared)
        self.kv_l = LocalKeyValue(local)
        self.sr = nn.Conv2d(self.shared, self.shared, reduction, reduction)
        self.norm = LayerNorm(self.shared)
        self.local_conv_g = nn.Conv2d(self.shared, self.shared, 3, padding=1, groups=self.shared)
        groups = range(len(self.dilations))
        self.fcs = nn.ModuleList(nn.Linear(width, width) for _ in groups)
        self.single_heads = nn.ModuleList(nn.Linear(width, 2 * width) for _ in groups)
        self.local_convs = nn.ModuleList(nn.Conv2d(self.group, self.group, 3, padding=1, groups=self.group) for _ in groups)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        # [b, y, x, c] -> [b, n, c]
        query = self.q(x).flatten(1, 2)
        shared, local = as_map(x).split([self.shared, x.shape[-1] - self.shared], dim=1)
        mixed = [self.attend_globally(query[..., : self.shared], shared)]
        # Channels of the queries: the head comes first and the group inside it.
        queries = query[..., self.shared :].unflatten(2, (self.heads, len(self.dilations), -1)).permute(3, 0, 2, 1, 4)
        for index, source in enumerate(self.kv_l(local).split(self.group, dim=1)):
            key, value = self.local_key_value(index, source)
            mixed.append(attend(queries[index], key, value).transpose(1, 2).flatten(2))
        return self.proj(torch.cat(mixed, dim=-1)).unflatten(1, x.shape[1:3])

    def attend_globally(self, query, shared):
        tokens = self.norm(as_tokens(self.sr(shared)))
        key, value = self.kv_g(tokens).chunk(2, dim=-1)
        value = value + as_tokens(self.local_conv_g(as_map(value)))
        return attend(query[:, None], key.flatten(1, 2)[:, None], value.flatten(1, 2)[:, None])[:, 0]

    def local_key_value(self, index, source):
        """[b, heads, 49, width] each."""
        fused = fused_windows(source, self.heads, self.dilations[index])
        key, value = self.single_heads[index](self.fcs[index](fused)).chunk(2, dim=-1)
        # [b, h, 49, d] -> [b, hd, 7, 7]
        image = value.transpose(2, 3).flatten(1, 2).unflatten(2, (WINDOW, WINDOW))
        nearby = self.local_convs[index](image).flatten(2).unflatten(1, (self.heads, -1)).transpose(2, 3)
        return key, value + nearby
