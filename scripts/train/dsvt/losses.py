"""The losses of the CenterHead."""

import numpy as np
import torch

from .boxes import solid_iou


def heatmap_loss(logits, heatmap):
    """Focal loss that forgives what lies near a peak, per object."""
    p = logits.sigmoid().clamp(1e-4, 1 - 1e-4)
    peaks = heatmap == 1
    found = (p.log() * (1 - p) ** 2)[peaks].sum()
    empty = ((1 - p).log() * p**2 * (1 - heatmap) ** 4)[~peaks].sum()
    return -(found + empty) / peaks.sum().clamp(min=1)


def codes_of(boxes, cells, extent, cell, shape):
    """Regression targets [k, 8] of boxes at cells (map, row, column): offset, z, log sizes, cosine and sine."""
    low, size, last = (boxes.new_tensor(values) for values in (extent[:2], cell, shape[::-1]))
    places = torch.minimum(((boxes[:, :2] - low) / size).clamp(min=0), last - 0.5)
    offset = places - cells[:, [2, 1]]
    heading = boxes[:, 6:7]
    return torch.cat([offset, boxes[:, 2:3], boxes[:, 3:6].log(), heading.cos(), heading.sin()], dim=1)


def decode(outputs, cells, extent, cell):
    """Boxes [k, 7] from outputs [k, c] at cells."""
    low, size = (outputs["center"].new_tensor(values) for values in (extent[:2], cell))
    middle = (cells[:, [2, 1]] + outputs["center"]) * size + low
    cos, sin = outputs["rot"].T
    return torch.cat([middle, outputs["center_z"], outputs["dim"].exp(), torch.atan2(sin, cos)[:, None]], dim=1)


def heading_loss(predicted, target, reversal):
    """
    L1 of cosine and sine, summed; the opposite heading costs `reversal` instead of its distance.
    Where front and rear look alike, plain L1 is as content with any mean of the two, which is no axis at all.
    """
    straight = (predicted - target).abs().sum(dim=1)
    reversed_ = (predicted + target).abs().sum(dim=1) + reversal
    return torch.minimum(straight, reversed_).sum()


def distance_iou(a, b):
    """IoU of the boxes taken as unturned, less the squared distance of the middles over the squared outer diagonal."""
    low = torch.maximum(a[:, :3] - a[:, 3:6] / 2, b[:, :3] - b[:, 3:6] / 2)
    high = torch.minimum(a[:, :3] + a[:, 3:6] / 2, b[:, :3] + b[:, 3:6] / 2)
    shared = (high - low).clamp(min=0).prod(dim=1)
    union = a[:, 3:6].prod(dim=1) + b[:, 3:6].prod(dim=1) - shared
    outer_low = torch.minimum(a[:, :3] - a[:, 3:6] / 2, b[:, :3] - b[:, 3:6] / 2)
    outer_high = torch.maximum(a[:, :3] + a[:, 3:6] / 2, b[:, :3] + b[:, 3:6] / 2)
    apart = ((a[:, :3] - b[:, :3]) ** 2).sum(dim=1)
    diagonal = ((outer_high - outer_low) ** 2).sum(dim=1)
    return (shared / union - apart / diagonal).clamp(-1, 1)


def detection_losses(outputs, heatmap, cells, boxes, extent, cell, reversal=float("inf"), heading_weight=1.0):
    """The losses by name; `boxes` [k, 7+] belong at `cells`, and outputs other than the heatmap [k, c] are for these."""
    count = max(len(cells), 1)
    codes = codes_of(boxes, cells, extent, cell, heatmap.shape[2:])
    placed = torch.cat([outputs[name] for name in ("center", "center_z", "dim")], dim=1)
    position = (placed - codes[:, :6]).abs().sum() / count
    heading = heading_loss(outputs["rot"], codes[:, 6:], reversal) / count
    predicted = decode(outputs, cells, extent, cell)
    overlap = solid_iou(predicted.detach().numpy().astype(np.float64), boxes[:, :7].numpy().astype(np.float64))
    quality = torch.from_numpy(2 * overlap - 1).float()
    return {
        "heatmap": heatmap_loss(outputs["hm"], heatmap),
        "box": 2 * (position + heading_weight * heading),
        "iou": (outputs["iou"][:, 0] - quality).abs().sum() / count,
        "diou": 2 * (1 - distance_iou(predicted, boxes[:, :7])).sum() / count,
    }
