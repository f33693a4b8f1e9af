"""Neighbourhood attention in two ways: tiles of queries for training, one gather for any size."""

from functools import lru_cache

import torch

# Far below every score and still a bfloat16 number.
MASKED = -1e9
TILE_LIMIT = 10
CHUNK_SCORES = 1 << 16


def window_starts(length, kernel, dilation):
    """First neighbour of each index of an axis, in tokens, and the bias row of that neighbour."""
    index = torch.arange(length)
    residue, group = index % dilation, index // dilation
    count = torch.div(length - residue + dilation - 1, dilation, rounding_mode="floor")
    start = torch.minimum((group - (kernel - 1) // 2).clamp_min(0), count - kernel)
    return residue + start * dilation, start - group + kernel - 1


def gathered_attention(query, key, value, bias, kernel, dilation):
    """The definition. query is scaled; all are [batch, heads, rows, cols, width]; bias [heads, 2K-1, 2K-1]."""
    rows, cols = query.shape[2:4]
    steps = torch.arange(kernel)
    (row_first, row_bias), (col_first, col_bias) = (window_starts(length, kernel, dilation) for length in (rows, cols))
    row, col = row_first[:, None] + steps * dilation, col_first[:, None] + steps * dilation
    tokens = (row[:, None, :, None] * cols + col[None, :, None, :]).reshape(-1)

    def neighbours(tensor):
        return tensor.flatten(2, 3)[:, :, tokens].unflatten(2, (rows * cols, kernel * kernel))

    offset = bias[:, (row_bias[:, None] + steps)[:, None, :, None], (col_bias[:, None] + steps)[None, :, None, :]]
    scores = torch.einsum("bhqd,bhqkd->bhqk", query.flatten(2, 3), neighbours(key))
    weights = (scores + offset.flatten(1, 2).flatten(2, 3)).softmax(dim=-1)
    return torch.einsum("bhqk,bhqkd->bhqd", weights, neighbours(value)).unflatten(2, (rows, cols))


def tile_length(length, kernel):
    """Queries of a tile along an axis; 0 when the axis has no fitting divisor."""
    if length <= 2 * kernel:
        return length
    return next((size for size in range(TILE_LIMIT, 3, -1) if length % size == 0), 0)


@lru_cache(maxsize=64)
def axis_tiles(length, kernel):
    """Of an axis cut into tiles: first keys, keys of a tile, and bias rows [tiles, queries, keys], -1 for no neighbour."""
    size = tile_length(length, kernel)
    extent = min(length, size + kernel - 1)
    firsts = (torch.arange(0, length, size) - (kernel - 1) // 2).clamp(0, length - extent)
    queries = torch.arange(length).view(-1, size, 1)
    keys = firsts[:, None, None] + torch.arange(extent)
    start = window_starts(length, kernel, 1)[0].view(-1, size, 1)
    inside = (keys >= start) & (keys < start + kernel)
    rows = torch.where(inside, keys - queries + kernel - 1, torch.tensor(-1))
    return tuple(firsts.tolist()), extent, rows


@lru_cache(maxsize=64)
def tile_bias_index(rows, cols, kernel):
    """Index into the flat bias table [tiles, queries, keys]; its last entry stands for no neighbour."""
    row, col = axis_tiles(rows, kernel)[2], axis_tiles(cols, kernel)[2]
    row, col = row[:, None, :, None, :, None], col[None, :, None, :, None, :]
    index = torch.where((row >= 0) & (col >= 0), row * (2 * kernel - 1) + col, torch.tensor((2 * kernel - 1) ** 2))
    return index.flatten(4, 5).flatten(2, 3).flatten(0, 1).contiguous()


class Overlapping(torch.autograd.Function):
    """Overlapping pieces of an axis, stacked before it; the gradient adds them up in place."""

    @staticmethod
    def forward(ctx, tensor, axis, firsts, extent):
        ctx.axis, ctx.firsts, ctx.extent, ctx.shape = axis, firsts, extent, tensor.shape
        return torch.stack([tensor.narrow(axis, first, extent) for first in firsts], dim=axis)

    @staticmethod
    def backward(ctx, gradient):
        total = gradient.new_zeros(ctx.shape)
        for piece, first in zip(gradient.unbind(ctx.axis), ctx.firsts):
            total.narrow(ctx.axis, first, ctx.extent).add_(piece)
        return total, None, None, None


def chunks(scores_of_one, batch):
    """Slices of the batch whose scores stay in a core's cache together."""
    size = max(1, CHUNK_SCORES // scores_of_one)
    return [slice(first, first + size) for first in range(0, batch, size)]


def attention_weights(query, key, offset):
    """softmax(query key^T + offset) in float32; in these steps it takes a third of the time of torch.softmax here."""
    scores = (query @ key.transpose(-1, -2)).float().add_(offset)
    weights = scores.sub_(scores.amax(dim=-1, keepdim=True)).exp_()
    return weights.div_(weights.sum(dim=-1, keepdim=True))


class DenseAttention(torch.autograd.Function):
    """softmax(query key^T + offset) value; the weights are never stored but computed again for the gradient."""

    @staticmethod
    def forward(ctx, query, key, value, offset):
        result = torch.empty_like(query)
        for part in chunks(offset.numel(), len(query)):
            weights = attention_weights(query[part], key[part], offset)
            torch.matmul(weights.to(value.dtype), value[part], out=result[part])
        ctx.save_for_backward(query, key, value, offset)
        return result

    @staticmethod
    def backward(ctx, gradient):
        query, key, value, offset = ctx.saved_tensors
        gradient = gradient.to(value.dtype)
        of_query, of_key, of_value = (torch.empty_like(tensor) for tensor in (query, key, value))
        of_offset = torch.zeros_like(offset)
        for part in chunks(offset.numel(), len(query)):
            weights = attention_weights(query[part], key[part], offset)
            torch.matmul(weights.to(value.dtype).transpose(-1, -2), gradient[part], out=of_value[part])
            of_scores = (gradient[part] @ value[part].transpose(-1, -2)).float().mul_(weights)
            of_scores -= weights.mul_(of_scores.sum(dim=-1, keepdim=True))
            of_offset += of_scores.sum(dim=0)
            of_scores = of_scores.to(value.dtype)
            torch.matmul(of_scores, key[part], out=of_query[part])
            torch.matmul(of_scores.transpose(-1, -2), query[part], out=of_key[part])
        return of_query, of_key, of_value, of_offset


def key_tiles(tensor, kernel):
    """[batch, heads, rows, cols, width] -> [batch, heads, tiles, keys, width]."""
    row_firsts, row_extent, _ = axis_tiles(tensor.shape[2], kernel)
    col_firsts, col_extent, _ = axis_tiles(tensor.shape[3], kernel)
    if len(row_firsts) == len(col_firsts) == 1:
        return tensor.flatten(2, 3).unsqueeze(2)
    by_row = Overlapping.apply(tensor, 2, row_firsts, row_extent)
    by_both = Overlapping.apply(by_row, 4, col_firsts, col_extent)
    # [b, h, tile row, key row, tile col, key col, d]
    return by_both.transpose(3, 4).flatten(4, 5).flatten(2, 3)


def tiled_attention(query, key, value, bias, kernel):
    """Undilated attention: each tile of queries against the keys around it, masked to the neighbourhoods."""
    rows, cols = query.shape[2:4]
    height, width = tile_length(rows, kernel), tile_length(cols, kernel)
    grid = (rows // height, height, cols // width, width)
    tiles = query.unflatten(3, grid[2:]).unflatten(2, grid[:2]).transpose(3, 4).flatten(4, 5).flatten(2, 3)
    absent = bias.new_full((bias.shape[0], 1), MASKED)
    table = torch.cat([bias.flatten(1), absent], dim=1).t()
    index = tile_bias_index(rows, cols, kernel).to(bias.device)
    offset = torch.nn.functional.embedding(index, table).permute(3, 0, 1, 2)
    result = DenseAttention.apply(tiles, key_tiles(key, kernel), key_tiles(value, kernel), offset)
    result = result.unflatten(3, (height, width)).unflatten(2, (grid[0], grid[2])).transpose(3, 4)
    return result.flatten(4, 5).flatten(2, 3)


def split_residues(tensor, dilation):
    """[batch, heads, rows, cols, width] -> one ordinary map for each pair of residues, along the batch."""
    parts = tensor.unflatten(3, (-1, dilation)).unflatten(2, (-1, dilation))
    return parts.permute(0, 3, 5, 1, 2, 4, 6).flatten(0, 2)


def join_residues(tensor, dilation):
    """Inverse of split_residues."""
    parts = tensor.unflatten(0, (-1, dilation, dilation))
    return parts.permute(0, 3, 4, 1, 5, 2, 6).flatten(4, 5).flatten(2, 3)


def neighbourhood_attention(query, key, value, bias, kernel, dilation):
    """Attention of NATTEN 0.14; query is scaled; all are [batch, heads, rows, cols, width]."""
    rows, cols = query.shape[2:4]
    even = rows % dilation == 0 and cols % dilation == 0
    if not even or not all(tile_length(length // dilation, kernel) for length in (rows, cols)):
        return gathered_attention(query, key, value, bias, kernel, dilation)
    if dilation == 1:
        return tiled_attention(query, key, value, bias, kernel)
    parts = (split_residues(tensor, dilation) for tensor in (query, key, value))
    return join_residues(tiled_attention(*parts, bias, kernel), dilation)
