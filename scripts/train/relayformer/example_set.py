"""
A folder of forged pictures: manifest.json lists file, mask, kind and what they were made from.
python3 -m relayformer.example_set makes the held-out one, from photographs that no training sees.
"""

import hashlib
import json
import subprocess

import numpy as np
from PIL import Image

from .config import TRAIN_FOLDER
from .forgery import FULL, forge
from .photographs import photographs

HELD_OUT = TRAIN_FOLDER / "held-out"
COUNTS = {"splice": 30, "copy-move": 15, "removal": 15, "retouch": 15, "untouched": 25}
SEED = 4
LEAST_SIDE, MOST_SIDE = 256, 640


def write_held_out(folder=HELD_OUT):
    """Make the set unless it is there."""
    if (folder / "manifest.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    photos, entries = photographs("held-out"), []
    for kind, count in COUNTS.items():
        for index in range(count):
            random = np.random.default_rng([SEED, len(entries)])
            size = tuple(int(side) for side in random.integers(LEAST_SIDE, MOST_SIDE + 1, 2))
            forgery = forge(photos, kind, size, FULL, random)
            name = f"{kind}-{index:02}"
            # Whatever JPEG did is in the pixels.
            Image.fromarray(forgery.pixels).save(folder / f"{name}.png")
            Image.fromarray(forgery.mask.astype(np.uint8) * 255).save(folder / f"{name}-mask.png")
            digest = hashlib.sha256(forgery.pixels.tobytes()).hexdigest()
            entries.append({**forgery.made, "file": f"{name}.png", "mask": f"{name}-mask.png", "sha256": digest})
    (folder / "manifest.json").write_text(json.dumps(entries, indent=1))


def read_pictures(folder):
    """Yields (entry, pixels uint8 [h, w, 3], mask bool [h, w]) of the pictures of a set."""
    for entry in json.loads((folder / "manifest.json").read_text()):
        if "mask" in entry:
            pixels = np.asarray(Image.open(folder / entry["file"]).convert("RGB"))
            yield entry, pixels, np.asarray(Image.open(folder / entry["mask"]).convert("L")) > 127


def read_clips(folder):
    """Yields (entry, frames uint8 [t, h, w, 3], masks bool [t, h, w]); the masks lie below each other in one picture."""
    for entry in json.loads((folder / "manifest.json").read_text()):
        if "masks" in entry:
            width, height = entry["size"]
            frames = decoded(folder / entry["file"], height, width)
            stacked = np.asarray(Image.open(folder / entry["masks"]).convert("L")) > 127
            yield entry, frames, stacked.reshape(-1, height, width)


def decoded(path, height, width):
    """All frames of a video."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    content = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(content, np.uint8).reshape(-1, height, width, 3)


if __name__ == "__main__":
    write_held_out()
