"""Boxes (x1, y1, x2, y2) and regions, by the rules of mmdetection 2.19 and mmcv 1.4."""

import math

import torch
from torch.nn.functional import grid_sample

# |log(16 / 1000)|: no box grows or shrinks by more.
MOST_LOG_RATIO = abs(math.log(16 / 1000))


def areas(boxes):
    """Width times height."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def overlaps(first, second):
    """Intersection over union [n, m]."""
    top_left = torch.maximum(first[:, None, :2], second[None, :, :2])
    bottom_right = torch.minimum(first[:, None, 2:], second[None, :, 2:])
    common = (bottom_right - top_left).clamp_min(0).prod(dim=2)
    return common / (areas(first)[:, None] + areas(second) - common).clamp_min(1e-6)


def centres(boxes):
    """Centre and size: [n, 2] each."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]


def encode(references, boxes, stds):
    """Corrections that turn references into boxes [n, 4]."""
    (from_centre, from_size), (centre, size) = centres(references), centres(boxes)
    deltas = torch.cat([(centre - from_centre) / from_size, (size / from_size).log()], dim=1)
    return deltas / torch.tensor(stds).to(deltas)


def decode(references, deltas, stds, extent=None):
    """Boxes [..., 4] from corrections [..., 4]; extent: height and width that they are clipped to."""
    deltas = deltas * torch.tensor(stds).to(deltas)
    centre, size = centres(references)
    centre = centre + size * deltas[..., :2]
    size = size * deltas[..., 2:].clamp(-MOST_LOG_RATIO, MOST_LOG_RATIO).exp()
    boxes = torch.cat([centre - size / 2, centre + size / 2], dim=-1)
    if extent is None:
        return boxes
    height, width = extent
    return torch.minimum(boxes.clamp_min(0), torch.tensor([width, height, width, height]).to(boxes))


def suppress(boxes, scores, groups, threshold):
    """Indices kept by greedy suppression inside groups (levels or classes), best first."""
    order = scores.argsort(descending=True, stable=True)
    boxes = boxes[order] + (groups[order] * (boxes.max() + 1 if len(boxes) else 0))[:, None]
    covered = (overlaps(boxes, boxes) > threshold).triu(1).numpy()
    alive = [True] * len(boxes)
    dropped = torch.zeros(len(boxes), dtype=torch.bool).numpy()
    for index in range(len(alive)):
        if not dropped[index]:
            dropped |= covered[index]
    return order[torch.from_numpy(~dropped)]


def anchors_of(height, width, stride, scale=8, ratios=(0.5, 1.0, 2.0)):
    """Anchors of a level [height * width * ratios, 4], centred on the corners of the grid."""
    roots = torch.tensor(ratios).sqrt()
    sizes = torch.stack([scale * stride / roots, scale * stride * roots], dim=1)
    rows, columns = torch.meshgrid(torch.arange(height) * stride, torch.arange(width) * stride, indexing="ij")
    centre = torch.stack([columns, rows], dim=2).view(-1, 1, 2)
    return torch.cat([centre - sizes / 2, centre + sizes / 2], dim=2).flatten(0, 1)


def align_regions(features, boxes, stride, size, samples=0):
    """
    RoIAlign, aligned: features [c, h, w], boxes [n, 4] in pixels of the picture -> [n, c, size, size].
    samples: samples of a bin along each axis; 0 for as many as the bin has pixels.
    """
    height, width = features.shape[1:]
    corners = boxes / stride - 0.5
    extents = corners[:, 2:] - corners[:, :2]
    counts = (extents / size).ceil().clamp_min(0).long() if samples == 0 else torch.full_like(extents, samples).long()
    result = features.new_zeros(len(boxes), features.shape[0], size, size)
    for per_column, per_row in counts.unique(dim=0).tolist():
        # A region without width or height has no samples and stays zero.
        if per_column * per_row == 0:
            continue
        chosen = ((counts[:, 0] == per_column) & (counts[:, 1] == per_row)).nonzero()[:, 0]
        x, y = (
            corners[chosen, axis, None] + (torch.arange(size * count) + 0.5) * extents[chosen, axis, None] / (size * count)
            for axis, count in ((0, per_column), (1, per_row))
        )
        grid = torch.stack(
            [
                ((2 * x + 1) / width - 1)[:, None, :].expand(-1, y.shape[1], -1),
                ((2 * y + 1) / height - 1)[:, :, None].expand(-1, -1, x.shape[1]),
            ],
            dim=3,
        )
        sampled = grid_sample(features[None], grid.flatten(0, 1)[None], padding_mode="border", align_corners=False)[0]
        sampled = sampled.unflatten(1, (len(chosen), -1)).transpose(0, 1)
        inside = ((y >= -1) & (y <= height))[:, :, None] & ((x >= -1) & (x <= width))[:, None, :]
        sampled = sampled * inside[:, None]
        bins = sampled.unflatten(3, (size, per_column)).unflatten(2, (size, per_row)).mean(dim=(3, 5))
        result = result.index_copy(0, chosen, bins)
    return result


def levels_of(boxes, finest, count):
    """Level of the pyramid that each region is taken from."""
    return torch.log2(areas(boxes).clamp_min(0).sqrt() / finest + 1e-6).floor().clamp(0, count - 1).long()
