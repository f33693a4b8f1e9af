"""Pictures for training: landscapes and photographs with cut-out animals and things in front of them."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

REST, SKY, ANIMAL, REST_OR_SKY = range(4)
# Pictures are made twice as large and shrunk by 2x2 boxes: that hides the seams.
OVERSIZE = 2
ANIMAL_COUNTS = (0.12, 0.55, 0.22, 0.11)
BLUR_SHARE, JPEG_SHARE, DECOY_SHARE = 0.45, 0.6, 0.5
# Most mammals are brown or orange. Backgrounds of every hue keep a network from taking autumn leaves for animals.
BACKGROUND_HUE_SHARE, LANDSCAPE_HUE_SHARE, ANIMAL_HUE_SHARE = 0.5, 0.15, 0.15
TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], np.float32)


@dataclass
class Picture:
    """uint8 pixels [s, s, 3], labels [s, s], instances [s, s] (0: none) and the kind of each instance."""

    pixels: np.ndarray
    labels: np.ndarray
    instances: np.ndarray
    kinds: list


def turned_hue(unit, angle):
    """Float [h, w, 3] with the chrominance of YIQ turned by an angle."""
    turn = np.eye(3, dtype=np.float32)
    turn[1:, 1:] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix = np.linalg.inv(TO_YIQ) @ turn @ TO_YIQ
    return (unit @ matrix.T.astype(np.float32)).clip(0, 1)


def jittered(pixels, random, strength=1.0, least_saturation=0.5, hue_share=0.0):
    """Gamma, gain, tint, saturation and, for some, another hue; uint8 or float [h, w, 3] -> float32."""
    unit = np.asarray(pixels, np.float32).clip(0, 255) / 255
    if random.random() < hue_share:
        unit = turned_hue(unit, random.uniform(-np.pi, np.pi))
    unit = unit ** np.float32(np.exp(random.normal(0, 0.25 * strength)))
    unit *= np.exp(random.normal(0, 0.15 * strength) + random.normal(0, 0.08 * strength, 3)).astype(np.float32)
    grey = unit.mean(axis=2, keepdims=True)
    unit = grey + (unit - grey) * np.float32(random.uniform(least_saturation, 1.5))
    return unit.clip(0, 1) * 255


def square_of(pixels, side, random, least, extra=None):
    """Random square of a photograph, resized, maybe mirrored; extra: a map that goes with it."""
    height, width = pixels.shape[:2]
    size = int(min(height, width) * random.uniform(least, 1))
    top, left = random.integers(0, height - size + 1), random.integers(0, width - size + 1)
    box = (left, top, left + size, top + size)
    flip = random.random() < 0.5

    def cut(plane):
        made = Image.fromarray(plane).resize((side, side), Image.BILINEAR, box=box)
        return np.asarray(made.transpose(Image.FLIP_LEFT_RIGHT) if flip else made)

    return cut(pixels), None if extra is None else cut(extra.astype(np.uint8) * 255) > 127


def placed(cut_out, side, random, scales):
    """A cut-out scaled, turned and moved on an empty canvas: colour [side, side, 3] and alpha [side, side] from 0 to 1."""
    image = Image.fromarray(cut_out.pixels)
    if random.random() < 0.5:
        image = image.transpose(Image.FLIP_LEFT_RIGHT)
    scale = side * np.exp(random.uniform(*np.log(scales))) / max(image.size)
    size = [max(8, round(extent * scale)) for extent in image.size]
    image = image.resize(size, Image.BILINEAR if scale > 1 else Image.BOX)
    image = image.rotate(random.uniform(-15, 15), Image.BILINEAR, expand=True)
    # It may leave the picture by a fifth, and by what does not fit.
    place = [
        round(random.uniform(min(-0.2 * extent, side - 0.8 * extent), max(side - 0.8 * extent, -0.2 * extent)))
        for extent in image.size
    ]
    canvas = Image.new("RGBA", (side, side))
    canvas.paste(image, tuple(place))
    alpha = canvas.getchannel("A").filter(ImageFilter.GaussianBlur(random.uniform(0.3, 1.3)))
    return np.asarray(canvas.convert("RGB")), np.asarray(alpha, np.float32)[..., None] / 255


class Composer:
    """Makes pictures from landscapes, other photographs and cut-outs."""

    def __init__(self, landscapes, backgrounds, cut_outs, side):
        self.landscapes, self.backgrounds = landscapes, backgrounds
        self.animals = [each for each in cut_outs if each.kind != "thing"]
        self.things = [each for each in cut_outs if each.kind == "thing"]
        self.side, self.large = side, OVERSIZE * side

    def landscape(self, random):
        """A landscape as it is, with its labels."""
        chosen = self.landscapes[random.integers(len(self.landscapes))]
        pixels, sky = square_of(chosen.pixels, self.large, random, 0.45, chosen.sky)
        pixels = jittered(pixels, random, least_saturation=0.1, hue_share=LANDSCAPE_HUE_SHARE)
        return pixels, np.where(sky, SKY, REST).astype(np.uint8)

    def photograph(self, random):
        """A photograph in which only animals will be known."""
        chosen = self.backgrounds[random.integers(len(self.backgrounds))]
        pixels, _ = square_of(chosen, self.large, random, 0.3)
        return jittered(pixels, random, hue_share=BACKGROUND_HUE_SHARE), np.full(pixels.shape[:2], REST_OR_SKY, np.uint8)

    def composite(self, random, over_landscape):
        """Animals and decoys in front of a photograph, large."""
        pixels, labels = self.landscape(random) if over_landscape else self.photograph(random)
        if random.random() < BLUR_SHARE:
            blurred = Image.fromarray(pixels.astype(np.uint8)).filter(ImageFilter.GaussianBlur(random.uniform(1, 12)))
            pixels = np.asarray(blurred, np.float32)
        decoys = random.integers(1, 3) if random.random() < DECOY_SHARE else 0
        animals = random.choice(4, p=ANIMAL_COUNTS)
        order = random.permutation([0] * decoys + [1] * animals)
        instances, kinds = np.zeros(labels.shape, np.uint8), []
        for is_animal in order:
            colour, alpha, kind = self.animal(random) if is_animal else self.decoy(random)
            hue_share = ANIMAL_HUE_SHARE if is_animal else BACKGROUND_HUE_SHARE
            pixels = pixels + (jittered(colour, random, 0.7, hue_share=hue_share) - pixels) * alpha
            covered = alpha[..., 0] > 0.5
            labels[covered] = ANIMAL if is_animal else REST
            if is_animal:
                kinds.append(kind)
            instances[covered] = len(kinds) if is_animal else 0
        return pixels, labels, instances, kinds

    def animal(self, random):
        """One animal on its canvas."""
        chosen = self.animals[random.integers(len(self.animals))]
        return *placed(chosen, self.large, random, (0.22, 1.3)), chosen.kind

    def decoy(self, random):
        """A thing, or a piece of a photograph with the outline of a cut-out: a pasted edge alone means nothing."""
        chosen = self.things[random.integers(len(self.things))]
        if random.random() < 0.5:
            chosen = (self.animals + self.things)[random.integers(len(self.animals) + len(self.things))]
            colour, alpha = placed(chosen, self.large, random, (0.2, 0.9))
            return square_of(self.backgrounds[random.integers(len(self.backgrounds))], self.large, random, 0.3)[0], alpha, None
        return *placed(chosen, self.large, random, (0.15, 0.9)), None

    def picture(self, random, kind):
        """kind: "landscape", "over landscape" or "over photograph"."""
        if kind == "landscape":
            pixels, labels = self.landscape(random)
            instances, kinds = np.zeros(labels.shape, np.uint8), []
        else:
            pixels, labels, instances, kinds = self.composite(random, kind == "over landscape")
        small = pixels.reshape(self.side, OVERSIZE, self.side, OVERSIZE, 3).mean(axis=(1, 3))
        small = np.round(small.clip(0, 255)).astype(np.uint8)
        if random.random() < JPEG_SHARE:
            stream = io.BytesIO()
            Image.fromarray(small).save(stream, "JPEG", quality=int(random.integers(45, 96)))
            small = np.asarray(Image.open(stream))
        return Picture(small, labels[::OVERSIZE, ::OVERSIZE], instances[::OVERSIZE, ::OVERSIZE], kinds)
