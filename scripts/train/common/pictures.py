"""From photographs to the networks' input and back, as packages/vision does it."""

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import pad

from .layers import enlarge

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
# As the configuration of a model file says it.
STATISTICS = {"mean": list(MEAN), "std": list(STD)}
WEIGHT_BITS = 11


def cv_pairs(inputs, outputs, whole):
    """Of each output the two inputs and their integer weights; whole: at a border the last input counts alone."""
    place = ((np.arange(outputs) + 0.5) * (1 / (outputs / inputs)) - 0.5).astype(np.float32)
    low = np.floor(place)
    share = (place - low).astype(np.float32)
    if whole:
        share = np.where((low >= 0) & (low < inputs - 1), share, np.float32(0))
    low = low.astype(np.int64)
    weights = [np.rint((1 - share) * 2**WEIGHT_BITS), np.rint(share * 2**WEIGHT_BITS)]
    return low.clip(0, inputs - 1), (low + 1).clip(0, inputs - 1), *(weight.astype(np.int64) for weight in weights)


def cv_resize(picture, width, height):
    """cv2.resize with INTER_LINEAR of uint8 [h, w, c]."""
    left, right, of_left, of_right = cv_pairs(picture.shape[1], width, True)
    top, bottom, of_top, of_bottom = cv_pairs(picture.shape[0], height, False)

    def across(rows):
        wide = picture[rows].astype(np.int64)
        return wide[:, left] * of_left[:, None] + wide[:, right] * of_right[:, None]

    # OpenCV drops bits of each product before it adds them.
    above = ((across(top) >> 4) * of_top[:, None, None]) >> 16
    below = ((across(bottom) >> 4) * of_bottom[:, None, None]) >> 16
    return ((above + below + 2) >> 2).astype(np.uint8)


def dense_size(width, height, limits):
    """Width and height of the largest picture of the same proportions; limits: shortest, longest."""
    scale = min(limits["longest"] / max(width, height), limits["shortest"] / min(width, height))
    return int(width * scale + 0.5), int(height * scale + 0.5)


def normalise(pictures):
    """uint8 [..., 3, h, w] -> float32 with the statistics of ImageNet."""
    mean, std = (torch.tensor(values).view(3, 1, 1) * 255 for values in (MEAN, STD))
    return (pictures.float() - mean.to(pictures.device)) / std.to(pictures.device)


def dense_input(picture, limits, divisor=1):
    """uint8 [h, w, 3] -> normalised [1, 3, h', w'], with zeros at the right and bottom up to a multiple of divisor."""
    width, height = dense_size(picture.shape[1], picture.shape[0], limits)
    resized = torch.from_numpy(cv_resize(picture, width, height)).permute(2, 0, 1)
    return pad(normalise(resized), (0, -width % divisor, 0, -height % divisor)).unsqueeze(0)


def segmenter_input(picture, limits):
    """The same without zeros; where limits has a divisor, the sides are enlarged to multiples of it (AlignResize)."""
    width, height = dense_size(picture.shape[1], picture.shape[0], limits)
    divisor = limits.get("divisor", 1)
    resized = cv_resize(picture, width, height)
    aligned = [-(-length // divisor) * divisor for length in (width, height)]
    if aligned != [width, height]:
        resized = cv_resize(resized, *aligned)
    return normalise(torch.from_numpy(resized).permute(2, 0, 1)).unsqueeze(0)


def centre_square(picture, size):
    """Shorter side by Pillow's bicubic rule, centre crop: uint8 [h, w, 3] -> [s, s, 3]; size: imageSize, cropShare."""
    side = size["imageSize"]
    short = int(side / size["cropShare"])
    height, width = picture.shape[:2]
    wide, high = (short, int(short * height / width)) if width <= height else (int(short * width / height), short)
    left, top = round((wide - side) / 2), round((high - side) / 2)
    resized = Image.fromarray(picture).resize((wide, high), Image.BICUBIC)
    return np.array(resized.crop((left, top, left + side, top + side)))


def label_pixels(logits, input_size, photo_size):
    """Scores of each pixel of the photograph: logits are enlarged to the input, then to the photograph."""
    return enlarge(enlarge(logits, input_size), photo_size)
