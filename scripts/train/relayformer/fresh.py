"""Forgeries made while training, out of parts of the pool that nobody touched: cheap, and never the same twice."""

import numpy as np
from PIL import Image, ImageFilter

from .history import blurred, jpeg, noisy, to_picture
from .pool import CELL, close_up

TRIES = 6
WAYS, WAY_SHARES = ("splice", "copy-move", "blur", "noise", "jpeg", "sharpen"), (0.7, 0.06, 0.1, 0.06, 0.04, 0.04)


def corner(shape, side, step, random):
    """A random place of a crop, on a grid."""
    return [int(random.integers(0, (extent - side) // step + 1)) * step for extent in shape]


def untouched_crop(pool, side, step, random, entry=None):
    """float32 [side, side, 3] without manipulated pixels, and (shard, index) of the picture it is from; None if none is found."""
    for _ in range(TRIES):
        shard, index = entry or (int(random.integers(len(pool.parts))), None)
        pictures, masks = pool.parts[shard]
        index = int(random.integers(len(pictures))) if index is None else index
        top, left = corner(masks.shape[1:], side, step, random)
        part = index, slice(top, top + side), slice(left, left + side)
        if not masks[part].any():
            return pictures[part].astype(np.float32), (shard, index)
    return None


def mask_from(pool, side, random):
    """A mask of some entry that is neither empty nor nearly everything, turned at random; None if none is found."""
    for _ in range(TRIES):
        pictures, masks = pool.parts[random.integers(len(pool.parts))]
        index = random.integers(len(masks))
        mask = close_up(pictures[index], masks[index], side, random)[1]
        if 0 < mask.sum() < 0.6 * mask.size:
            return np.rot90(mask, random.integers(4)).astype(bool)
    return None


def treated(host, way, random):
    """The same content, treated."""
    if way == "blur":
        return blurred(host, random.uniform(0.8, 3))
    if way == "noise":
        return noisy(host, random.uniform(2, 8), random)
    if way == "jpeg":
        return jpeg(host, random.integers(40, 80))
    return np.clip(host + random.uniform(1, 2.5) * (host - blurred(host, 1.2)), 0, 255)


def fresh_forgery(pool, side, random):
    """uint8 [side, side, 3] and uint8 [side, side] of 0 and 1; a crop of the pool where no fresh forgery is found."""
    way = random.choice(WAYS, p=WAY_SHARES)
    host, mask = untouched_crop(pool, side, CELL, random), mask_from(pool, side, random)
    donor = None
    if host and way in ("splice", "copy-move"):
        donor = untouched_crop(pool, side, 1, random, host[1] if way == "copy-move" else None)
        donor = donor and donor[0]
    elif host:
        donor = treated(host[0], way, random)
    if donor is None or mask is None:
        pixels, masks = pool.draw(1, random, side)
        return pixels[0], masks[0]
    alpha = Image.fromarray(mask).convert("L")
    if random.random() < 0.4:
        alpha = alpha.filter(ImageFilter.GaussianBlur(random.uniform(0.5, 2)))
    pixels = host[0] + np.asarray(alpha, np.float32)[..., None] / 255 * (donor - host[0])
    if random.random() < 0.6:
        pixels = jpeg(pixels, random.integers(60, 98), random.choice([0, 2]))
    return np.asarray(to_picture(pixels)), mask.astype(np.uint8)
