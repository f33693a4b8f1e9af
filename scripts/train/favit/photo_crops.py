"""Random crops of the ten kinds of photographs for training."""

import io

import numpy as np
import torch
from PIL import Image, ImageFilter

from common.pictures import normalise
from sky_animal.composites import jittered, placed

# Part of the photograph's area that a crop shows, and how far it may be stretched.
LEAST_AREA, MOST_STRETCH = 0.25, 1.33
# Of crops of a kind that there are cut-outs of, so many show a cut-out before a photograph of another kind.
CUT_OUT_SHARE = 0.35
PLAIN_SHARE, BLUR_SHARE, JPEG_SHARE, ERASED_SHARE, HUE_SHARE = 0.4, 0.2, 0.4, 0.25, 0.05


def random_crop(picture, side, random):
    """A random part of a photograph, resized to a square and maybe mirrored; uint8 [s, s, 3]."""
    height, width = picture.shape[:2]
    area = height * width * random.uniform(LEAST_AREA, 1)
    stretch = np.exp(random.uniform(-1, 1) * np.log(MOST_STRETCH))
    # A square is what the finished network sees, so long photographs are seen in part.
    wide, high = min(width, np.sqrt(area * stretch)), min(height, np.sqrt(area / stretch))
    left, top = random.uniform(0, width - wide), random.uniform(0, height - high)
    image = Image.fromarray(picture).resize((side, side), Image.BICUBIC, box=(left, top, left + wide, top + high))
    return np.asarray(image.transpose(Image.FLIP_LEFT_RIGHT) if random.random() < 0.5 else image)


def before_a_background(cut_out, background, side, random):
    """A cut-out before a photograph or, as in catalogues, before one colour; float32 [s, s, 3]."""
    colour, alpha = placed(cut_out, side, random, (0.5, 1.1))
    if random.random() < PLAIN_SHARE:
        behind = np.full((side, side, 3), 255 - random.exponential(25, 3), np.float32).clip(0, 255)
    else:
        image = Image.fromarray(random_crop(background, side, random))
        behind = np.asarray(image.filter(ImageFilter.GaussianBlur(random.uniform(0, 6))), np.float32)
    return behind + (jittered(colour, random, 0.7) - behind) * alpha


def spoilt(pixels, random):
    """Blur, traces of JPEG and an erased rectangle, each in some; uint8 [s, s, 3]."""
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    if random.random() < BLUR_SHARE:
        image = image.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 1.5)))
    if random.random() < JPEG_SHARE:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=int(random.integers(40, 96)))
        image = Image.open(stream)
    result = np.array(image)
    if random.random() < ERASED_SHARE:
        side = len(result)
        height, width = random.integers(side // 8, side // 2, 2)
        top, left = random.integers(0, side - height), random.integers(0, side - width)
        result[top : top + height, left : left + width] = random.integers(0, 256, 3)
    return result


class Crops:
    """Draws crops: kinds with few photographs come more often than their number would make them."""

    def __init__(self, pictures, types, cut_outs, names, side):
        self.pictures, self.side = pictures, side
        self.of_type = [np.flatnonzero(np.array(types) == number) for number in range(len(names))]
        self.cut_outs = [[each for each in cut_outs if each.kind == name] for name in names]
        weights = np.sqrt([len(indices) for indices in self.of_type])
        self.shares = weights / weights.sum()

    def photograph(self, number, random):
        """A photograph of a kind."""
        return self.pictures[random.choice(self.of_type[number])]

    def crop(self, number, random):
        """uint8 [s, s, 3] of a kind."""
        cut_outs = self.cut_outs[number]
        if cut_outs and random.random() < CUT_OUT_SHARE:
            others = [other for other in range(len(self.of_type)) if not self.cut_outs[other]]
            background = self.photograph(random.choice(others), random)
            pixels = before_a_background(cut_outs[random.integers(len(cut_outs))], background, self.side, random)
        else:
            pixels = random_crop(self.photograph(number, random), self.side, random)
        return spoilt(jittered(pixels, random, least_saturation=0.4, hue_share=HUE_SHARE), random)

    def batches(self, batch, seed, device, first_step):
        """Endless: normalised pictures and types; they depend on the seed and the step alone."""
        step = first_step
        while True:
            random = np.random.default_rng([seed, step])
            numbers = random.choice(len(self.shares), batch, p=self.shares)
            pixels = np.stack([self.crop(number, random) for number in numbers])
            pictures = normalise(torch.from_numpy(pixels).permute(0, 3, 1, 2))
            yield pictures.to(device), torch.from_numpy(numbers).to(device)
            step += 1
