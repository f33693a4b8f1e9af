"""From photographs to the networks' input and back, as packages/dinat and packages/vision do it."""

import numpy as np
import torch
from torch.nn.functional import pad

from .upernet import enlarge

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
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


def label_pixels(logits, input_size, photo_size):
    """Scores of each pixel of the photograph: logits are enlarged to the input, then to the photograph."""
    return enlarge(enlarge(logits, input_size), photo_size)
