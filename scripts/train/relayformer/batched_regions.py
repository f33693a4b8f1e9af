"""Shapes of manipulated regions of many pictures at once: regions.py on any device. bool [n, s, s]."""

import math

import numpy as np
import torch
from torch.nn import functional as F

from .batched_sampling import blurred, rounded
from .regions import LEAST_SIDE, smooth_radii

SHAPES, SHAPE_SHARES = ("outline", "stroke", "like-coloured"), (0.7, 0.1, 0.2)
OUTLINES, OUTLINE_SHARES = ("blob", "polygon", "ellipse"), (4 / 7, 1.5 / 7, 1.5 / 7)
MOST_KNOTS = 96
TEXTURED_CANDIDATES = 4
LUMA = (0.299, 0.587, 0.114)


def drawn_radii(random):
    """Radii at equal angles of an outline, their number, padded to MOST_KNOTS."""
    shape = random.choice(OUTLINES, p=OUTLINE_SHARES)
    if shape == "blob":
        radii = smooth_radii(random)
    else:
        radii = np.ones(64) if shape == "ellipse" else random.uniform(0.9, 1.4, int(random.integers(3, 8)))
    return np.pad(radii, (0, MOST_KNOTS - len(radii))), len(radii)


def outlines(areas, centres, turns, side, draws, random):
    """What lies within an outline of straight edges around a centre (y, x), stretched and turned."""
    device, count = areas.device, len(areas)
    tables, numbers = zip(*(drawn_radii(random) for _ in range(count)))
    radii = torch.from_numpy(np.stack(tables)).float().to(device) * (areas / math.pi).sqrt()[:, None]
    numbers = torch.tensor(numbers, device=device).view(-1, 1, 1)
    stretches = draws.uniform(1, 1.5, count).view(-1, 1, 1)
    cosine, sine = (wave(turns).view(-1, 1, 1) for wave in (torch.cos, torch.sin))
    y = torch.arange(side, device=device).view(1, -1, 1) - centres[:, 0].view(-1, 1, 1)
    x = torch.arange(side, device=device).view(1, 1, -1) - centres[:, 1].view(-1, 1, 1)
    along, across = (x * cosine + y * sine) / stretches, (y * cosine - x * sine) * stretches
    angles = torch.atan2(across, along) % (2 * math.pi)
    step = 2 * math.pi / numbers
    index = torch.minimum((angles / step).long(), numbers - 1)
    first, second = (radii.gather(1, at.flatten(1)).view(at.shape) for at in (index, (index + 1) % numbers))
    inner = angles - index * step
    # Where the ray of this angle meets the edge between two neighbouring knots.
    edge = first * second * torch.sin(step) / (first * torch.sin(inner) + second * torch.sin(step - inner)).clamp(min=1e-3)
    return torch.hypot(along, across) < edge


def strokes(areas, centres, turns, side, draws):
    """Thick curved lines."""
    thickness = (0.35 * areas.sqrt()).clamp(min=LEAST_SIDE)
    steps = torch.linspace(-0.5, 0.5, 12, device=areas.device)
    angles = turns[:, None] + draws.uniform(-0.6, 0.6, len(areas))[:, None] * steps * 2
    points = torch.stack([angles.sin(), angles.cos()], dim=-1).cumsum(dim=1) * (areas / thickness / 12)[:, None, None]
    points = points + centres[:, None] - points.mean(dim=1, keepdim=True)
    y = torch.arange(side, device=areas.device).view(1, -1, 1)
    x = torch.arange(side, device=areas.device).view(1, 1, -1)
    nearest = None
    for begin, end in zip(points.unbind(1), points.unbind(1)[1:]):
        (top, left), (down, right) = ([part.view(-1, 1, 1) for part in pair.unbind(1)] for pair in (begin, end - begin))
        share = ((y - top) * down + (x - left) * right) / (down**2 + right**2).clamp(min=1e-6)
        share = share.clamp(0, 1)
        distance = torch.hypot(y - top - share * down, x - left - share * right)
        nearest = distance if nearest is None else torch.minimum(nearest, distance)
    return nearest < thickness.view(-1, 1, 1) / 2


def like_coloured(pixels, areas, centres):
    """About `areas` pixels whose colour is nearest to that around a centre, in one piece or a few."""
    count, _, side, _ = pixels.shape
    soft = blurred(pixels, torch.full((count,), 4.0, device=pixels.device), 4)
    rows, columns = centres.long().clamp(0, side - 1).unbind(1)
    colours = soft[torch.arange(count, device=pixels.device), :, rows, columns]
    y = torch.arange(side, device=pixels.device).view(1, -1, 1) - rows.view(-1, 1, 1)
    x = torch.arange(side, device=pixels.device).view(1, 1, -1) - columns.view(-1, 1, 1)
    # Colour alone would scatter the region over the picture.
    unlikeness = (soft - colours[:, :, None, None]).abs().sum(dim=1)
    unlikeness = unlikeness + 60 * torch.hypot(y.float(), x.float()) / areas.sqrt().view(-1, 1, 1)
    ranks = areas.long().clamp(max=side * side - 1)
    limits = unlikeness.flatten(1).sort(dim=1)[0].gather(1, ranks[:, None])
    mask = (unlikeness <= limits[:, :, None]).float()
    return F.avg_pool2d(mask[:, None], 9, 1, 4)[:, 0] > 0.5


def draw_regions(pixels, difficulty, draws, random):
    """One region for each picture [n, 3, s, s], of a log-uniform share of it."""
    count, side = len(pixels), pixels.shape[-1]
    shares = draws.log_uniform(difficulty.least_share, difficulty.most_share, count)
    areas = (shares * side * side).clamp(min=LEAST_SIDE**2)
    centres = draws.uniform(difficulty.margin, 1 - difficulty.margin, count, 2) * side
    turns = draws.uniform(0, math.pi, count)
    masks = torch.zeros((count, side, side), dtype=torch.bool, device=pixels.device)
    shapes = random.choice(len(SHAPES), count, p=SHAPE_SHARES)
    for number, shape in enumerate(SHAPES):
        places = np.flatnonzero(shapes == number)
        if not len(places):
            continue
        at = torch.from_numpy(places).to(pixels.device)
        if shape == "outline":
            masks[at] = outlines(areas[at], centres[at], turns[at], side, draws, random)
        elif shape == "stroke":
            masks[at] = strokes(areas[at], centres[at], turns[at], side, draws)
        else:
            masks[at] = like_coloured(pixels[at], areas[at], centres[at])
    return masks


def texture_of(pixels, masks):
    """Whether regions are more textured than three tenths of their pictures: in a flat sky nothing can be found."""
    grey = rounded((pixels * torch.tensor(LUMA, device=pixels.device).view(1, 3, 1, 1)).sum(dim=1, keepdim=True))
    outer = F.pad(grey, (1, 1, 1, 1), mode="replicate")
    around = outer[..., :-2, 1:-1] + outer[..., 2:, 1:-1] + outer[..., 1:-1, :-2] + outer[..., 1:-1, 2:]
    edges = (4 * grey - around).abs().clamp(max=127)[:, 0]
    coarse = F.adaptive_avg_pool2d(edges[:, None], 16).flatten(1)
    inside = (edges * masks).sum(dim=(1, 2)) / masks.sum(dim=(1, 2)).clamp(min=1)
    return inside > coarse.quantile(0.3, dim=1)


def usable_regions(pixels, difficulty, textured, draws, random):
    """Regions of some extent; textured ones, where that is asked for and found among a few."""
    count, side = len(pixels), pixels.shape[-1]
    tries = TEXTURED_CANDIDATES if textured else 2
    repeated = pixels.repeat_interleave(tries, dim=0)
    masks = draw_regions(repeated, difficulty, draws, random)
    extent = masks.sum(dim=(1, 2))
    merit = ((extent >= LEAST_SIDE**2 / 2) & (extent <= 1.3 * difficulty.most_share * side * side)).long()
    if textured:
        merit = merit * (1 + texture_of(repeated, masks).long())
    # The first of the best; of none that is usable, a square in the middle.
    order = merit.view(count, tries) * tries - torch.arange(tries, device=pixels.device)
    best = order.argmax(dim=1) + torch.arange(count, device=pixels.device) * tries
    middle = torch.zeros((side, side), dtype=torch.bool, device=pixels.device)
    middle[side // 2 - LEAST_SIDE : side // 2 + LEAST_SIDE, side // 2 - LEAST_SIDE : side // 2 + LEAST_SIDE] = True
    return torch.where((merit[best] > 0).view(-1, 1, 1), masks[best], middle)


def bounds(masks):
    """(first row, last row, first column, last column) of each mask, [n] each."""
    side = masks.shape[-1]
    places = torch.arange(side, device=masks.device)
    for axis in (2, 1):
        there = masks.any(dim=axis)
        yield torch.where(there, places, side).amin(dim=1)
        yield torch.where(there, places, -1).amax(dim=1)


def boxes_around(masks, margins):
    """bool [n, s, s]: the bounding box of each mask and some margin, a number or [n]."""
    margins = torch.as_tensor(margins, device=masks.device).view(-1, 1)
    first_row, last_row, first_column, last_column = (each[:, None] for each in bounds(masks))
    places = torch.arange(masks.shape[-1], device=masks.device)
    rows = (places >= first_row - margins) & (places <= last_row + margins)
    columns = (places >= first_column - margins) & (places <= last_column + margins)
    return rows[:, :, None] & columns[:, None]
