"""Resampling and blurring of many pictures at once, each in its own way; float32 [n, c, h, w], 0 to 255, as Pillow does it."""

import math

import torch
from torch.nn import functional as F

# The slope of the cubic: Pillow resizes with one and transforms with another.
OF_RESIZING, OF_TRANSFORMING = -0.5, -1.0
BLUR_REACH = 3


def rounded(pixels):
    """As 8 bits would keep them."""
    return pixels.round().clamp(0, 255)


def per_picture(values):
    """[n] -> [n, 1, 1, 1]."""
    return values.view(-1, 1, 1, 1)


def cubic(distance, slope):
    """Weights of the cubic kernel."""
    x = distance.abs()
    near = ((slope + 2) * x - (slope + 3)) * x * x + 1
    far = slope * (((x - 5) * x + 8) * x - 4)
    return torch.where(x < 1, near, torch.where(x < 2, far, torch.zeros_like(x)))


def resize_matrix(before, after, device):
    """[after, before]: bicubic, with antialiasing where it shrinks."""
    ratio = before / after
    stretch = max(ratio, 1.0)
    centres = (torch.arange(after, device=device) + 0.5) * ratio
    weights = cubic((torch.arange(before, device=device) + 0.5 - centres[:, None]) / stretch, OF_RESIZING)
    return weights / weights.sum(dim=1, keepdim=True)


def resized(pixels, side):
    """Squares [n, c, s, s] at another size; rounded after each of both passes."""
    matrix = resize_matrix(pixels.shape[-1], side, pixels.device)
    across = rounded(rounded(pixels) @ matrix.T)
    return rounded(matrix @ across)


def nearest(masks, side):
    """Masks [n, s, s] at another size."""
    before = masks.shape[-1]
    places = ((torch.arange(side, device=masks.device) + 0.5) * (before / side)).long().clamp(max=before - 1)
    return masks[:, places][:, :, places]


def sampled(pixels, ys, xs, slope):
    """Values at places [n, h', w'] between pixels, whose centres have whole numbers; beyond the border the border's."""
    count, channels, height, width = pixels.shape
    flat = pixels.permute(0, 2, 3, 1).reshape(-1, channels)
    top, left = ys.floor(), xs.floor()
    first = torch.arange(count, device=pixels.device).view(-1, 1, 1) * (height * width)
    columns = []
    for step in range(-1, 3):
        columns.append(((left + step).clamp(0, width - 1).long(), cubic(xs - left - step, slope)))
    total = torch.zeros((*ys.shape, channels), device=pixels.device)
    for step in range(-1, 3):
        row = first + (top + step).clamp(0, height - 1).long() * width
        of_row = cubic(ys - top - step, slope)
        for column, weight in columns:
            total += flat[row + column] * (of_row * weight)[..., None]
    return total.permute(0, 3, 1, 2)


def turned(pixels, degrees, scale, shift, centre, mirror):
    """
    Pictures seen through similarities: at `centre` appears what lies at `centre + shift`; pairs (y, x) of [n], mirror 1 or -1.
    Black where nothing lies. Pillow cuts fractions off here.
    """
    height, width = pixels.shape[-2:]
    device = pixels.device
    angles = degrees * (math.pi / 180)
    cosine, sine, mirror = (each.view(-1, 1, 1) for each in (angles.cos() / scale, angles.sin() / scale, mirror))
    (y, x), (dy, dx) = ([each.view(-1, 1, 1) for each in pair] for pair in (centre, shift))
    down = torch.arange(height, device=device).view(1, -1, 1) + 0.5 - y
    across = torch.arange(width, device=device).view(1, 1, -1) + 0.5 - x
    xs = mirror * cosine * across + sine * down + x + dx - 0.5
    ys = -mirror * sine * across + cosine * down + y + dy - 0.5
    inside = (xs >= -0.5) & (xs < width - 0.5) & (ys >= -0.5) & (ys < height - 0.5)
    return sampled(rounded(pixels), ys, xs, OF_TRANSFORMING).clamp(0, 255).floor() * inside[:, None]


def blurred(pixels, sigmas, most):
    """A Gaussian of its own for every picture, sigmas [n] up to `most`; 0 leaves a picture as it is."""
    count, channels, height, width = pixels.shape
    reach = math.ceil(BLUR_REACH * most)
    places = torch.arange(-reach, reach + 1, device=pixels.device)
    weights = torch.exp(-0.5 * (places / sigmas.clamp(min=0.05)[:, None]) ** 2)
    weights = (weights / weights.sum(dim=1, keepdim=True)).repeat_interleave(channels, dim=0)
    x = F.pad(pixels, (reach, reach, reach, reach), mode="replicate").reshape(1, count * channels, height + 2 * reach, -1)
    x = F.conv2d(x, weights[:, None, None], groups=count * channels)
    x = F.conv2d(x, weights[:, None, :, None], groups=count * channels)
    return x.view(pixels.shape)


def mirrored(pixels, draws):
    """Squares [n, c, s, s], each turned by a random multiple of a right angle and mirrored at random."""
    for change in (lambda x: x.flip(-1), lambda x: x.flip(-2), lambda x: x.transpose(-1, -2)):
        chosen = per_picture(draws.chance(0.5, len(pixels)))
        pixels = torch.where(chosen, change(pixels), pixels)
    return pixels
