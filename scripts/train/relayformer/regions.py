"""Shapes of manipulated regions: bool [h, w]."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

LEAST_SIDE = 16
KNOTS = 12


def drawn_polygon(points, height, width):
    """A filled polygon; points (x, y)."""
    picture = Image.new("1", (width, height))
    ImageDraw.Draw(picture).polygon([(float(x), float(y)) for x, y in points], fill=1)
    return np.asarray(picture)


def outline(radii, centre, stretch, turn):
    """Points (x, y) around a centre (y, x), at equal angles."""
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    along, across = radii * np.cos(angles) * stretch, radii * np.sin(angles) / stretch
    x = centre[1] + along * np.cos(turn) - across * np.sin(turn)
    y = centre[0] + along * np.sin(turn) + across * np.cos(turn)
    return np.stack([x, y], axis=1)


def smooth_radii(random):
    """A periodic random radius through KNOTS knots, 96 values of mean about 1."""
    knots = random.uniform(0.6, 1.4, KNOTS)
    spectrum = np.fft.rfft(knots)
    return np.fft.irfft(spectrum, 96) * 96 / KNOTS


def stroke(area, centre, turn, height, width, random):
    """A thick curved line."""
    thickness = max(LEAST_SIDE, 0.35 * np.sqrt(area))
    length = area / thickness
    steps = np.linspace(-0.5, 0.5, 12)
    bend = random.uniform(-0.6, 0.6)
    angles = turn + bend * steps * 2
    points = np.cumsum(np.stack([np.cos(angles), np.sin(angles)], axis=1), axis=0) * length / 12
    points += np.array([centre[1], centre[0]]) - points.mean(axis=0)
    picture = Image.new("1", (width, height))
    draw = ImageDraw.Draw(picture)
    draw.line([tuple(point) for point in points], fill=1, width=int(thickness), joint="curve")
    return np.asarray(picture)


def like_coloured(pixels, area, centre):
    """About `area` pixels whose colour is nearest to that around a centre, in one piece or a few."""
    soft = np.asarray(Image.fromarray(pixels.astype(np.uint8)).filter(ImageFilter.GaussianBlur(4)), np.float32)
    y, x = (min(int(c), side - 1) for c, side in zip(centre, pixels.shape[:2]))
    rows, columns = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    distance = np.hypot(rows - y, columns - x)
    # Colour alone would scatter the region over the picture.
    unlikeness = np.abs(soft - soft[y, x]).sum(axis=2) + 60 * distance / np.sqrt(area)
    mask = unlikeness <= np.partition(unlikeness.ravel(), int(area))[int(area)]
    opened = Image.fromarray(mask).convert("L").filter(ImageFilter.MedianFilter(9))
    return np.asarray(opened) > 127


def draw_region(pixels, random, least_share, most_share, margin):
    """A region of a log-uniform share of the picture, its centre at least margin (a share) away from the border."""
    height, width = pixels.shape[:2]
    share = np.exp(random.uniform(np.log(least_share), np.log(most_share)))
    area = max(share * height * width, LEAST_SIDE**2)
    centre = random.uniform(margin, 1 - margin, 2) * (height, width)
    radius, turn, stretch = np.sqrt(area / np.pi), random.uniform(0, np.pi), random.uniform(1, 1.5)
    shape = random.choice(["blob", "polygon", "ellipse", "stroke", "like-coloured"], p=[0.4, 0.15, 0.15, 0.1, 0.2])
    if shape == "stroke":
        return stroke(area, centre, turn, height, width, random)
    if shape == "like-coloured":
        return like_coloured(pixels, min(area, height * width - 1), centre)
    radii = {"blob": smooth_radii(random), "polygon": random.uniform(0.9, 1.4, int(random.integers(3, 8)))}
    return drawn_polygon(outline(radius * radii.get(shape, np.ones(64)), centre, stretch, turn), height, width)


def sharpness_map(pixels):
    """Absolute Laplacian of the brightness."""
    grey = Image.fromarray(pixels.astype(np.uint8)).convert("L")
    laplacian = ImageFilter.Kernel((3, 3), (0, -1, 0, -1, 4, -1, 0, -1, 0), 1, 128)
    return np.abs(np.asarray(grey.filter(laplacian), np.float32) - 128)


def has_texture(pixels, mask):
    """Whether a region is more textured than three tenths of the picture: in a flat sky nothing can be found."""
    edges = sharpness_map(pixels)
    coarse = np.asarray(Image.fromarray(edges).resize((16, 16), Image.BOX))
    return edges[mask].mean() > np.percentile(coarse, 30)
