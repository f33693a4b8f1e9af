"""Forged pictures with known masks, made from untouched photographs; everything is drawn from a generator."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from .fills import box_around, diffused, patched, seamless
from .history import (
    blurred,
    draw_publication,
    first_history,
    in_range,
    jpeg,
    mild_publication,
    noisy,
    published,
    resized,
    to_picture,
    turned,
)
from .regions import LEAST_SIDE, draw_region, has_texture

KINDS = ("splice", "copy-move", "removal", "retouch", "untouched")
JPEG_CELL = 8
REGION_TRIES, SHIFT_TRIES = 12, 40


@dataclass(frozen=True)
class Difficulty:
    """Ranges that a curriculum moves: share of the picture, how many borders are soft, how many pictures are mildly published."""

    least_share: float
    most_share: float
    soft_borders: float
    margin: float = 0.2
    mild: float = 0.0


FULL = Difficulty(least_share=0.001, most_share=0.3, soft_borders=0.6)


@dataclass(frozen=True)
class Forgery:
    """uint8 [h, w, 3], bool [h, w], and how it was made."""

    pixels: np.ndarray
    mask: np.ndarray
    made: dict


def drawn_crop(photograph, height, width, scales, random):
    """A crop at a random place and scale, as large as asked for."""
    available = photograph.pixels.shape[:2]
    least = max(height / available[0], width / available[1])
    scale = max(least, np.exp(random.uniform(*np.log(scales))))
    rows, columns = min(available[0], round(height / scale)), min(available[1], round(width / scale))
    top, left = (int(random.integers(0, have - need + 1)) for have, need in zip(available, (rows, columns)))
    crop = photograph.pixels[top : top + rows, left : left + columns]
    return resized(crop, height, width, Image.BOX if scale < 1 else Image.BICUBIC)


def usable_region(pixels, difficulty, textured, random):
    """A region of some extent; a textured one, where that is asked for and found."""
    for attempt in range(REGION_TRIES):
        mask = draw_region(pixels, random, difficulty.least_share, difficulty.most_share, difficulty.margin)
        share = mask.mean()
        if mask.sum() < LEAST_SIDE**2 / 2 or share > 1.3 * difficulty.most_share:
            continue
        if not textured or attempt > REGION_TRIES // 2 or has_texture(pixels, mask):
            return mask
    middle = np.zeros(pixels.shape[:2], bool)
    y, x = pixels.shape[0] // 2, pixels.shape[1] // 2
    middle[y - LEAST_SIDE : y + LEAST_SIDE, x - LEAST_SIDE : x + LEAST_SIDE] = True
    return middle


def alpha_of(mask, difficulty, random):
    """Opacity [h, w, 1]: the mask, or the mask with a soft border."""
    if random.random() > difficulty.soft_borders:
        return mask[..., None].astype(np.float32)
    soft = Image.fromarray(mask).convert("L").filter(ImageFilter.GaussianBlur(random.uniform(0.5, 2)))
    return np.asarray(soft, np.float32)[..., None] / 255


def blend(donor, host, mask, difficulty, random):
    """Hard, soft or seamless; returns pixels and the name of the way."""
    if random.random() < difficulty.soft_borders / 3:
        return seamless(donor, host, mask), "seamless"
    alpha = alpha_of(mask, difficulty, random)
    return host + alpha * (donor - host), "soft" if 0 < alpha[alpha < 1].sum() else "hard"


def host_picture(photograph, height, width, random):
    """A picture with a history, compressed on a grid that begins at its corner."""
    return first_history(drawn_crop(photograph, height, width, (0.35, 1), random), random)


def donor_picture(photograph, height, width, random):
    """A picture with a history of its own whose compression grid lies anywhere."""
    around = 1.5 if random.random() < 0.5 else 1.0
    rows, columns = round(height * around) + JPEG_CELL, round(width * around) + JPEG_CELL
    donor = first_history(drawn_crop(photograph, rows, columns, (0.35, 1.5), random), random)
    if around > 1:
        middle = (rows / 2, columns / 2)
        donor = turned(donor, random.uniform(-30, 30), random.uniform(0.8, 1.25), (0, 0), middle)
    if random.random() < 0.5:
        donor = 255 * (donor / 255) ** random.uniform(0.8, 1.25)
    if random.random() < 0.4:
        donor = noisy(donor, random.uniform(0.5, 4), random)
    top, left = (rows - height) // 2, (columns - width) // 2
    top, left = top + int(random.integers(-4, 4)), left + int(random.integers(-4, 4))
    top, left = max(top, 0), max(left, 0)
    return donor[top : top + height, left : left + width]


def matched(donor, host, mask):
    """The donor with the mean and spread that the host has around the mask."""
    box = box_around(mask, 8)
    there, inside = host[box].reshape(-1, 3), donor[mask]
    gain = np.clip(there.std(axis=0) / (inside.std(axis=0) + 1), 0.5, 2)
    return in_range((donor - inside.mean(axis=0)) * gain + there.mean(axis=0))


def splice(host, draw_donor, difficulty, random):
    """A piece of another photograph."""
    mask = usable_region(host, difficulty, False, random)
    donor = draw_donor()
    if random.random() < 0.3:
        donor = matched(donor, host, mask)
    pixels, way = blend(donor, host, mask, difficulty, random)
    return pixels, mask, {"blend": way}


def far_shift(rows, columns, size, random):
    """A shift (y, x) that keeps the region inside the picture and clear of itself, or the farthest one tried."""
    reach = [1.1 * (places.max() - places.min() + 1) / 2 for places in (rows, columns)]
    centre = [(places.max() + places.min()) / 2 for places in (rows, columns)]
    best = (0, 0)
    for _ in range(SHIFT_TRIES):
        to = [random.uniform(min(half, side / 2), max(side - half, side / 2)) for half, side in zip(reach, size)]
        shift = tuple(round(new - old) for new, old in zip(to, centre))
        if np.hypot(*shift) >= 1.2 * np.sqrt(len(rows)):
            return shift
        best = max(best, shift, key=lambda each: np.hypot(*each))
    return best


def copy_move(host, difficulty, random):
    """A piece of the same picture, elsewhere; the mask is where it arrived."""
    mask = usable_region(host, difficulty, True, random)
    rows, columns = np.nonzero(mask)
    centre = (rows.mean(), columns.mean())
    shift = far_shift(rows, columns, mask.shape, random)
    degrees, scale, flip = 0.0, 1.0, False
    if random.random() < 0.6:
        degrees, scale, flip = random.uniform(-15, 15), random.uniform(0.85, 1.2), random.random() < 0.3
    moved = turned(host, degrees, scale, shift, centre, flip)
    pixels, way = blend(moved, host, mask, difficulty, random)
    return pixels, mask, {"blend": way, "shift": shift, "degrees": round(degrees, 1), "scale": round(scale, 2)}


def grain_of(pixels, mask):
    """Noise level around a mask, from the median of the high frequencies."""
    box = box_around(mask, 8)
    residue = pixels[box] - blurred(pixels[box], 1)
    return 1.4826 * np.median(np.abs(residue[~mask[box]])) if (~mask[box]).any() else 0.0


def removal(host, difficulty, random):
    """Something is gone: a smooth filling or one of copied patches, with or without new grain."""
    mask = usable_region(host, difficulty, False, random)
    way = random.choice(["diffusion", "patches", "patches and grain"], p=[0.35, 0.35, 0.3])
    filled = diffused(host, mask) if way == "diffusion" else patched(host, mask, random)
    if way.endswith("grain"):
        filled = noisy(filled, grain_of(host, mask), random)
    alpha = alpha_of(mask, difficulty, random)
    return host + alpha * (filled - host), mask, {"filling": way}


def retouch(host, difficulty, random):
    """The same content, treated locally."""
    mask = usable_region(host, difficulty, True, random)
    way = random.choice(["blur", "median", "sharpen", "noise", "jpeg", "colour"])
    if way == "blur":
        treated = blurred(host, random.uniform(0.8, 3))
    elif way == "median":
        treated = np.asarray(to_picture(host).filter(ImageFilter.MedianFilter(int(random.choice([3, 5])))), np.float32)
    elif way == "sharpen":
        treated = in_range(host + random.uniform(1, 2.5) * (host - blurred(host, 1.2)))
    elif way == "noise":
        treated = noisy(host, random.uniform(2, 8), random)
    elif way == "jpeg":
        treated = jpeg(host, random.integers(50, 91))
    else:
        treated = in_range(host * random.uniform(0.8, 1.25, 3) + random.uniform(-15, 15, 3))
    alpha = alpha_of(mask, difficulty, random)
    return host + alpha * (treated - host), mask, {"treatment": way}


def forge(photos, kind, size, difficulty, random, host_of=host_picture, donor_of=donor_picture):
    """A Forgery of a kind at a size (h, w), from two of the photographs; host_of and donor_of draw the parts of them."""
    first, second = random.choice(len(photos), 2, replace=False)
    mild = difficulty.mild > 0 and random.random() < difficulty.mild
    publication = (mild_publication if mild else draw_publication)(random)
    height, width = (round(side / publication["scale"]) for side in size)
    host = host_of(photos[first], height, width, random)
    made = {"kind": kind, "photograph": photos[first].name, "publication": publication}
    if kind == "splice":
        pixels, mask, details = splice(host, lambda: donor_of(photos[second], height, width, random), difficulty, random)
        details["donor"] = photos[second].name
    elif kind == "untouched":
        pixels, mask, details = host, np.zeros(host.shape[:2], bool), {}
    else:
        pixels, mask, details = {"copy-move": copy_move, "removal": removal, "retouch": retouch}[kind](host, difficulty, random)
    pixels, mask = published(pixels, mask, publication, size, random)
    return Forgery(pixels, mask, {**made, **details, "share": round(float(mask.mean()), 5)})
