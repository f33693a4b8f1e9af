"""Temporal units and sparse local attention."""

import math

import torch
import torch.nn.functional as F


def unit_bounds(frames, unit, shift, layer):
    """List of (first, end) frame ranges; attention never crosses them. unit 0 = the whole clip."""
    if unit == 0:
        return [(0, frames)]
    starts = list(range(0, frames, unit))
    if layer % 2 == 1:
        starts = [0] + list(range(shift, frames, unit))
    ends = starts[1:] + [frames]
    return list(zip(starts, ends))


def dense_attention(query, key, value):
    """q, k, v [..., L, d] -> [..., L, d]."""
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    return torch.softmax(scores, dim=-1) @ value


def to_windows(tokens, grid, window):
    """[B, L, heads, d] -> [B, heads, windows, tokens of a window, d], zero-padded at the right and bottom."""
    (frames, height, width), (wh, ww) = grid, window
    batch, _, heads, dim = tokens.shape
    video = tokens.reshape(batch, frames, height, width, heads, dim)
    pad_h, pad_w = -height % wh, -width % ww
    if pad_h or pad_w:
        video = F.pad(video, (0, 0, 0, 0, 0, pad_w, 0, pad_h))
    rows, cols = (height + pad_h) // wh, (width + pad_w) // ww
    video = video.reshape(batch, frames, rows, wh, cols, ww, heads, dim)
    return video.permute(0, 6, 1, 2, 4, 3, 5, 7).reshape(batch, heads, frames * rows * cols, wh * ww, dim)


def from_windows(windows, grid, window):
    """Inverse of to_windows: drops the padding."""
    (frames, height, width), (wh, ww) = grid, window
    batch, heads, _, _, dim = windows.shape
    rows, cols = -(-height // wh), -(-width // ww)
    video = windows.reshape(batch, heads, frames, rows, cols, wh, ww, dim)
    video = video.permute(0, 2, 3, 5, 4, 6, 1, 7).reshape(batch, frames, rows * wh, cols * ww, heads, dim)
    return video[:, :, :height, :width].reshape(batch, frames * height * width, heads, dim)


def select_windows(query, key, counts, topk):
    """Indices [B, heads, windows, k] of the most relevant other windows, and the scores; no gradient."""
    with torch.no_grad():
        total = query.shape[2]
        mean_q = query.sum(dim=3) / counts
        mean_k = key.sum(dim=3) / counts
        scores = mean_q @ mean_k.transpose(-1, -2) / math.sqrt(query.shape[-1])
        others = scores.masked_fill(torch.eye(total, dtype=torch.bool, device=scores.device), -math.inf)
        picked = min(topk, total - 1)
        # A stable sort keeps the lower index first among equals.
        order = torch.sort(others, dim=-1, descending=True, stable=True).indices
        return order[..., :picked], scores


def sparse_attention(query, key, value, grid, window, topk):
    """Window attention with the topk most relevant other windows of the unit.

    query, key, value: [B, L, heads, d], L in (frame, row, col) order of grid. Returns the same shape.
    """
    query, key, value = (to_windows(part, grid, window) for part in (query, key, value))
    ones = torch.ones(1, grid[0] * grid[1] * grid[2], 1, 1, device=query.device)
    present = to_windows(ones, grid, window)[0, 0, :, :, 0]  # [windows, n]
    chosen, _ = select_windows(query, key, present.sum(dim=1)[:, None], topk)
    index = torch.arange(query.shape[2], device=query.device)[:, None].expand(*chosen.shape[:3], 1)
    index = torch.cat((index, chosen), dim=3)  # [B, heads, windows, 1 + k]
    keys, values = gather_windows(key, index), gather_windows(value, index)
    scores = query @ keys.transpose(-1, -2) / math.sqrt(query.shape[-1])
    if grid[1] % window[0] or grid[2] % window[1]:  # some windows are padded
        visible = present[index].flatten(3)  # [B, heads, windows, (1 + k) * n]
        scores = scores.masked_fill(visible[:, :, :, None] == 0, -math.inf)
    mixed = torch.softmax(scores, dim=-1) @ values
    return from_windows(mixed, grid, window)


def gather_windows(windows, index):
    """[B, heads, windows, n, d], index [B, heads, windows, j] -> [B, heads, windows, j * n, d]."""
    batch, heads, total, count, dim = windows.shape
    flat = windows.reshape(batch * heads * total, count, dim)
    offset = torch.arange(batch * heads, device=index.device).view(batch, heads, 1, 1) * total
    return flat[(index + offset).reshape(-1)].reshape(batch, heads, total, index.shape[3] * count, dim)
