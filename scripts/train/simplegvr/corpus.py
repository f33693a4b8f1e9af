"""Training photographs out of unpacked Debian packages (permissive subset of the corpus list)."""

import io
import json
import struct
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
PACKAGES = (
    "enlightenment-data",
    "krank",
    "endless-sky-high-dpi",
    "lomiri-wallpapers-16.04",
    "libjxl-testdata",
    "opencv-doc",
    "python3-imageio",
)
EET_MAGIC = 0x1EE70F42
HALVE_FROM_PX = 2000
MIN_PIXELS = 300_000


def fetch_packages(cache):
    """Download and unpack the packages under cache; what is already there is kept. Returns the unpack folder."""
    archives, unpacked = cache / "deb", cache / "x"
    archives.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        target = unpacked / package
        if target.exists():
            continue
        if not list(archives.glob(f"{package}_*.deb")):
            subprocess.run(["apt-get", "download", package], cwd=archives, check=True)
        partial = unpacked / f"{package}.partial"
        archive = next(archives.glob(f"{package}_*.deb"))
        partial.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg", "-x", str(archive), str(partial)], check=True)
        partial.rename(target)
    return unpacked


def listed_photos():
    """Entries of corpus.json: package, path, entry, name, split, licence."""
    return json.loads((HERE / "corpus.json").read_text())["files"]


def largest_jpeg_of_eet(path):
    """Bytes of the largest JPEG entry of an Enlightenment .edj file."""
    content = path.read_bytes()
    magic, count = struct.unpack(">II", content[:8])
    if magic != EET_MAGIC:
        raise ValueError(f"Cannot read {path.name}: not an EET file.")
    best, best_area = b"", 0
    for index in range(count):
        words = struct.unpack(">6I", content[12 + 24 * index : 36 + 24 * index])
        entry = content[words[0] : words[0] + words[1]]
        if entry[:2] != b"\xff\xd8":
            continue
        width, height = Image.open(io.BytesIO(entry)).size
        if width * height > best_area:
            best, best_area = entry, width * height
    return best


def load_photo(entry, unpacked):
    """uint8 [H, W, 3] of a listed photograph, halved by a 2x2 box when it is large; None when too small."""
    path = unpacked / entry["package"] / entry["path"]
    source = io.BytesIO(largest_jpeg_of_eet(path)) if path.suffix == ".edj" else path
    pixels = np.asarray(Image.open(source).convert("RGB"))
    if pixels.shape[0] * pixels.shape[1] < MIN_PIXELS:
        return None
    if max(pixels.shape[:2]) >= HALVE_FROM_PX:
        height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
        boxes = pixels[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3)
        pixels = np.round(boxes.mean(axis=(1, 3))).astype(np.uint8)
    return pixels
