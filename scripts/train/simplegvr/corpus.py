"""Photographs of the permissive corpus as training takes them."""

import numpy as np

from common.packages import fetch_packages as fetch
from common.photos import read_photo

PACKAGES = (
    "enlightenment-data",
    "krank",
    "endless-sky-high-dpi",
    "lomiri-wallpapers-16.04",
    "libjxl-testdata",
    "opencv-doc",
    "python3-imageio",
)
HALVE_FROM_PX = 2000
MIN_PIXELS = 300_000


def fetch_packages():
    """Folder of the unpacked packages that training and evaluation need."""
    return fetch(PACKAGES)


def load_photo(entry, unpacked):
    """uint8 [H, W, 3] of a listed photograph, halved by a 2x2 box when it is large; None when too small."""
    pixels = read_photo(entry, unpacked)
    if pixels.shape[0] * pixels.shape[1] < MIN_PIXELS:
        return None
    if max(pixels.shape[:2]) >= HALVE_FROM_PX:
        height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
        boxes = pixels[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3)
        pixels = np.round(boxes.mean(axis=(1, 3))).astype(np.uint8)
    return pixels
