"""Separable antialiased resize in the Pillow convention, as matrices; and 8-bit conversion."""

from functools import lru_cache

import numpy as np
import torch


def bicubic_kernel(x):
    """Keys cubic with a = -0.5."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def lanczos_kernel(x):
    """Lanczos with three lobes."""
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


def bilinear_kernel(x):
    """Triangle."""
    return np.maximum(0.0, 1 - np.abs(x))


def box_kernel(x):
    """Box of width one, left edge excluded."""
    return np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0)


KERNELS = {
    "bicubic": (bicubic_kernel, 2.0),
    "lanczos": (lanczos_kernel, 3.0),
    "bilinear": (bilinear_kernel, 1.0),
    "box": (box_kernel, 0.5),
}


@lru_cache(maxsize=256)
def resize_matrix(inputs, outputs, name):
    """float64 array [outputs, inputs]; edge weights are renormalised."""
    kernel, support = KERNELS[name]
    ratio = inputs / outputs
    stretch = max(ratio, 1.0)
    reach = support * stretch
    matrix = np.zeros((outputs, inputs))
    for row in range(outputs):
        centre = (row + 0.5) * ratio
        first = max(0, int(centre - reach + 0.5))
        end = min(inputs, int(centre + reach + 0.5))
        weights = kernel((np.arange(first, end) - centre + 0.5) / stretch)
        matrix[row, first:end] = weights / weights.sum()
    return matrix


@lru_cache(maxsize=256)
def resize_tensor(inputs, outputs, name, device, dtype):
    """resize_matrix on a device: a copy in every step would make the host wait."""
    return torch.from_numpy(resize_matrix(inputs, outputs, name)).to(device, dtype)


def resize(images, size, name="bicubic"):
    """Resize the last two axes of a float tensor to size (height, width)."""
    rows = resize_tensor(images.shape[-2], size[0], name, images.device, images.dtype)
    cols = resize_tensor(images.shape[-1], size[1], name, images.device, images.dtype)
    # Also inside a network that multiplies in bfloat16, which would cost what the eighth bit holds.
    with torch.autocast(images.device.type, enabled=False):
        return rows @ (images @ cols.T)


def to_bytes(unit):
    """Unit-range float tensor -> uint8, rounding half to even."""
    return (unit.clamp(0, 1) * 255).round().to(torch.uint8)


def shrink_bytes(frames, size, name="bicubic"):
    """uint8 [..., H, W] -> uint8 [..., *size]: antialiased, clamped, rounded."""
    return to_bytes(resize(frames.float() / 255, size, name))
