"""What happens to pictures between camera and reader: scaling, compression, noise, blur. float32 [h, w, 3], 0 to 255."""

import io

import numpy as np
from PIL import Image, ImageFilter


def in_range(pixels):
    """Limited to 0 to 255; many times faster than np.clip of numpy 1.24."""
    return np.minimum(np.maximum(pixels, 0), 255)


def to_picture(pixels):
    """Rounded to 8 bits, as a Pillow picture."""
    return Image.fromarray(np.rint(in_range(pixels)).astype(np.uint8))


def from_picture(picture):
    return np.asarray(picture, np.float32)


def jpeg(pixels, quality, subsampling=2):
    """Saved and read again; subsampling 0 keeps all chroma, 2 is 4:2:0."""
    stream = io.BytesIO()
    to_picture(pixels).save(stream, "JPEG", quality=int(quality), subsampling=int(subsampling))
    return from_picture(Image.open(stream))


def resized(pixels, height, width, rule=Image.BICUBIC):
    return from_picture(to_picture(pixels).resize((width, height), rule))


def blurred(pixels, sigma):
    return from_picture(to_picture(pixels).filter(ImageFilter.GaussianBlur(sigma)))


def noisy(pixels, sigma, random):
    return in_range(pixels + sigma * random.standard_normal(pixels.shape, np.float32))


def turned(pixels, degrees, scale, shift, centre, flip=False):
    """The picture seen through a similarity: at `centre` appears what lies at `centre + shift`; (y, x), bicubic."""
    cosine, sine = np.cos(np.radians(degrees)) / scale, np.sin(np.radians(degrees)) / scale
    mirror = -1 if flip else 1
    (y, x), (dy, dx) = centre, shift
    matrix = (cosine * mirror, sine, x + dx - cosine * mirror * x - sine * y)
    matrix += (-sine * mirror, cosine, y + dy + sine * mirror * x - cosine * y)
    picture = to_picture(pixels)
    return from_picture(picture.transform(picture.size, Image.AFFINE, matrix, Image.BICUBIC))


def first_history(pixels, random):
    """Grain and the compression of a picture's first file; some have neither."""
    if random.random() < 0.3:
        pixels = noisy(pixels, random.uniform(0.5, 3), random)
    if random.random() < 0.7:
        pixels = jpeg(pixels, random.integers(70, 99), random.choice([0, 2]))
    return pixels


def draw_publication(random):
    """What is done to a finished picture, forged or not; the same for both, or a network would learn that instead."""
    drawn = {"scale": 1.0}
    if random.random() < 0.4:
        drawn["scale"] = round(float(random.uniform(0.7, 1.2)), 2)
    if random.random() < 0.15:
        drawn["blur"] = 0.7
    if random.random() < 0.25:
        drawn["noise"] = 2.0
    if random.random() < 0.3:
        drawn["contrast"], drawn["brightness"] = (round(float(random.uniform(-0.1, 0.1)), 3) for _ in range(2))
    if random.random() < 0.75:
        drawn["quality"], drawn["subsampling"] = int(random.integers(60, 98)), int(random.choice([0, 2]))
    return drawn


def mild_publication(random):
    """One that spares the traces: nothing but a good JPEG, or not even that."""
    drawn = {"scale": 1.0}
    if random.random() < 0.5:
        drawn["quality"], drawn["subsampling"] = int(random.integers(88, 98)), int(random.choice([0, 2]))
    return drawn


def published(pixels, mask, drawn, size, random):
    """Picture and mask after publication, at a size (h, w): uint8 [h, w, 3] and bool [h, w]."""
    if pixels.shape[:2] != size:
        pixels = resized(pixels, *size)
        mask = np.asarray(Image.fromarray(mask).resize(size[::-1], Image.NEAREST))
    if "blur" in drawn:
        pixels = blurred(pixels, drawn["blur"])
    if "noise" in drawn:
        pixels = noisy(pixels, drawn["noise"], random)
    if "contrast" in drawn:
        mean = pixels.mean()
        pixels = (pixels - mean) * (1 + drawn["contrast"]) + mean * (1 + drawn["brightness"])
    if "quality" in drawn:
        pixels = jpeg(pixels, drawn["quality"], drawn["subsampling"])
    return np.asarray(to_picture(pixels)), mask
