"""What happens to many pictures at once between camera and reader: history.py for float32 [n, 3, s, s] on any device."""

from dataclasses import dataclass

import torch

from .batched_jpeg import jpeg
from .batched_sampling import blurred, nearest, per_picture, resized, rounded

SCALED_SHARE, LEAST_SCALE, MOST_SCALE = 0.4, 0.7, 1.2


def noisy(pixels, sigmas):
    """Grain of strength sigmas [n]; pictures of strength 0 stay as they are."""
    noise = torch.randn_like(pixels)
    return torch.where(per_picture(sigmas > 0), (pixels + per_picture(sigmas) * noise).clamp(0, 255), pixels)


def sometimes(values, share, draws):
    """Values [n], and 0 for those that are not drawn."""
    return values * draws.chance(share, len(values))


def first_history(pixels, draws):
    """Grain and the compression of a picture's first file; some have neither."""
    count = len(pixels)
    pixels = noisy(pixels, sometimes(draws.uniform(0.5, 3, count), 0.3, draws))
    return jpeg(pixels, sometimes(draws.integers(70, 99, count), 0.7, draws), draws.chance(0.5, count))


@dataclass(frozen=True)
class Publication:
    """One scale for all pictures of a batch, and the share that is mildly published; the rest is drawn for each picture."""

    scale: float
    mild: float


def draw_publication(mild, random):
    """Mild ones are not scaled, so that there are more of them where nothing is."""
    scaled = SCALED_SHARE * (1 - mild)
    if random.random() < scaled:
        return Publication(round(float(random.uniform(LEAST_SCALE, MOST_SCALE)), 2), 0.0)
    return Publication(1.0, mild / (1 - scaled))


def published(pixels, masks, publication, side, draws):
    """Pictures and masks after publication: uint8 [n, 3, side, side] and bool [n, side, side]; alike for all kinds."""
    count = len(pixels)
    if pixels.shape[-1] != side:
        pixels, masks = resized(pixels, side), nearest(masks, side)
    mild = draws.chance(publication.mild, count)
    harsh = ~mild
    soft = draws.chance(0.15, count) & harsh
    pixels = torch.where(per_picture(soft), rounded(blurred(rounded(pixels), 0.7 * soft, 0.7)), pixels)
    pixels = noisy(pixels, sometimes(2.0 * harsh, 0.25, draws))
    changed = draws.chance(0.3, count) & harsh
    contrast, brightness = (per_picture(changed * draws.uniform(-0.1, 0.1, count)) for _ in range(2))
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    pixels = (pixels - mean) * (1 + contrast) + mean * (1 + brightness)
    harshly, mildly = sometimes(draws.integers(60, 98, count), 0.75, draws), sometimes(draws.integers(88, 98, count), 0.5, draws)
    pixels = jpeg(pixels, torch.where(mild, mildly, harshly), draws.chance(0.5, count))
    return rounded(pixels).to(torch.uint8), masks
