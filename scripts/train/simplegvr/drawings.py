"""Drawn pictures with edges that photographs seldom have: text, lines, gratings, checker boards, gradients."""

import string

import numpy as np
from PIL import Image, ImageDraw

SIDE = 256


def colour(random):
    """A random colour for Pillow."""
    return tuple(int(value) for value in random.integers(0, 256, 3))


def write(draw, size, random):
    """Lines of letters in the built-in font."""
    letters = np.array(list(string.ascii_letters + string.digits + " .,"))
    for top in range(0, size, 12):
        draw.text((int(random.integers(-20, 20)), top), "".join(random.choice(letters, size // 5)), fill=colour(random))


def strokes(draw, size, random):
    """Lines and outlines of different width."""
    for _ in range(30):
        x0, y0, x1, y1 = (int(value) for value in random.integers(0, size, 4))
        width = int(random.integers(1, 6))
        if random.random() < 0.6:
            draw.line((x0, y0, x1, y1), fill=colour(random), width=width)
        else:
            draw.ellipse((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), outline=colour(random), width=width)


def shapes(draw, size, random):
    """Filled polygons."""
    for _ in range(25):
        centre = random.integers(0, size, 2)
        corners = centre + random.normal(0, size / 8, (int(random.integers(3, 7)), 2))
        draw.polygon([(float(x), float(y)) for x, y in corners], fill=colour(random))


def waves(size, random):
    """Mixture of two colours: a grating, a checker board or a gradient."""
    ys, xs = np.mgrid[:size, :size].astype(np.float64)
    angle = random.uniform(0, np.pi)
    along, across = xs * np.cos(angle) + ys * np.sin(angle), ys * np.cos(angle) - xs * np.sin(angle)
    period = 2 ** random.uniform(1.8, 6)
    kind = random.integers(3)
    if kind == 0:
        share = 0.5 + 0.5 * np.sin(2 * np.pi * along / period)
    elif kind == 1:
        share = ((np.floor(along / period) + np.floor(across / period)) % 2).astype(np.float64)
    else:
        share = (along - along.min()) / np.ptp(along)
    first, last = random.uniform(0, 255, (2, 3))
    return Image.fromarray((first + share[:, :, None] * (last - first)).round().astype(np.uint8))


def draw_picture(random):
    """uint8 [SIDE, SIDE, 3]; two of three are drawn at twice the size and reduced, so that edges are smooth."""
    size = SIDE * (2 if random.random() < 2 / 3 else 1)
    picture = waves(size, random)
    kind = random.integers(4)
    if kind < 3:
        if random.random() < 0.7:
            picture = Image.new("RGB", (size, size), colour(random))
        (write, strokes, shapes)[kind](ImageDraw.Draw(picture), size, random)
    return np.asarray(picture.resize((SIDE, SIDE), Image.LANCZOS))


def draw_pictures(count, random):
    """Many of them."""
    return [draw_picture(random) for _ in range(count)]
