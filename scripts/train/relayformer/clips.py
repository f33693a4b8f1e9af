"""Forged clips: a camera moves over a photograph, something is put in or taken out, H.264 follows. Makes shards for training:
python3 -m relayformer.clips [--shards 4]."""

import argparse
import os
import subprocess
import tempfile
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from .config import CLIP_FRAMES, SIDE
from .fills import diffused, patched
from .forgery import alpha_of, donor_picture, drawn_crop, usable_region
from .history import from_picture, noisy, to_picture
from .photographs import photographs
from .pool import CLIPS, HARD

KINDS, KIND_SHARES = ("insertion", "removal", "untouched"), (0.45, 0.4, 0.15)
FRAMES = 2 * CLIP_FRAMES
AROUND = 1.5
SHARD = 128


@dataclass(frozen=True)
class Path:
    """A smooth way of a camera or a sprite: scale, roll in radians and shift in pixels, at the first and the last frame."""

    scales: tuple
    rolls: tuple
    shifts: tuple

    def matrix(self, share, middle, target):
        """Affine coefficients from a frame's pixels (x, y) to those of the picture; `middle` of the picture is at `target`."""
        scale, roll = (first + (last - first) * share for first, last in (self.scales, self.rolls))
        shift = [first + (last - first) * share for first, last in zip(*self.shifts)]
        cosine, sine = np.cos(roll) / scale, np.sin(roll) / scale
        x, y = (at + step for at, step in zip(target, shift))
        return cosine, sine, middle[0] - cosine * x - sine * y, -sine, cosine, middle[1] + sine * x - cosine * y


def seen(pixels, matrix, side, rule=Image.BICUBIC):
    """The picture through a matrix: float32 [side, side, 3], or a mask as bool."""
    if pixels.dtype == bool:
        picture = Image.fromarray(pixels).convert("L")
        return np.asarray(picture.transform((side, side), Image.AFFINE, matrix, Image.BILINEAR)) > 127
    return from_picture(to_picture(pixels).transform((side, side), Image.AFFINE, matrix, rule))


def drawn_camera(random):
    zoom = random.uniform(0.95, 1.15, 2)
    roll = np.radians(random.uniform(-1.5, 1.5, 2))
    return Path(tuple(zoom), tuple(roll), tuple(map(tuple, random.uniform(-0.05, 0.05, (2, 2)) * SIDE)))


def drawn_flight(random):
    """Up to six pixels a frame."""
    start, speed = random.uniform(-0.25, 0.25, 2) * SIDE, random.uniform(-6, 6, 2)
    end = start + speed * (FRAMES - 1)
    return Path(tuple(random.uniform(0.9, 1.1, 2)), tuple(random.uniform(-0.2, 0.2, 2)), (tuple(start), tuple(end)))


def camera_matrices(random, extent):
    path, middle = drawn_camera(random), (extent / 2, extent / 2)
    return [path.matrix(index / (FRAMES - 1), middle, (SIDE / 2, SIDE / 2)) for index in range(FRAMES)]


def inserted(scene, photograph, noise, random):
    """A moving piece of another photograph."""
    extent = len(scene)
    cameras = camera_matrices(random, extent)
    sprite = donor_picture(photograph, SIDE, SIDE, random)
    shape = usable_region(sprite, HARD, False, random)
    rows, columns = np.nonzero(shape)
    middle, flight = (columns.mean(), rows.mean()), drawn_flight(random)
    grain = random.uniform(0, 4)
    for index, camera in enumerate(cameras):
        matrix = flight.matrix(index / (FRAMES - 1), middle, (SIDE / 2, SIDE / 2))
        mask = seen(shape, matrix, SIDE)
        soft = Image.fromarray(mask).convert("L").filter(ImageFilter.GaussianBlur(1))
        alpha = np.asarray(soft, np.float32)[..., None] / 255
        frame = noisy(seen(scene, camera, SIDE), noise, random)
        yield frame + alpha * (noisy(seen(sprite, matrix, SIDE), grain, random) - frame), mask


def removed(scene, noise, random):
    """A place of the scene is filled: once for the whole clip, or in every frame anew."""
    extent = len(scene)
    cameras = camera_matrices(random, extent)
    border = (extent - SIDE) // 2
    shape = np.zeros((extent, extent), bool)
    inner = slice(border, border + SIDE)
    shape[inner, inner] = usable_region(scene[inner, inner], HARD, False, random)
    way, grain = random.choice(["patches once", "membrane once", "membrane"], p=[0.4, 0.3, 0.3]), random.choice([0.0, noise])
    clean = patched(scene, shape, random) if way == "patches once" else diffused(scene, shape)
    for camera in cameras:
        mask, frame = seen(shape, camera, SIDE), noisy(seen(scene, camera, SIDE), noise, random)
        if mask.any():
            filling = seen(clean, camera, SIDE) if way.endswith("once") else diffused(frame, mask)
            frame = frame + alpha_of(mask, HARD, random) * (noisy(filling, grain, random) - frame)
        yield frame, mask


def untouched(scene, noise, random):
    for camera in camera_matrices(random, len(scene)):
        yield noisy(seen(scene, camera, SIDE), noise, random), np.zeros((SIDE, SIDE), bool)


def through_h264(frames, quality):
    """uint8 [t, h, w, 3] encoded and decoded."""
    count, height, width = frames.shape[:3]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/clip.mp4"
        encode = ["ffmpeg", "-v", "error", *raw, "-s", f"{width}x{height}", "-i", "-", "-threads", "1", "-c:v", "libx264"]
        encode += ["-preset", "veryfast", "-pix_fmt", "yuv420p", "-crf", str(quality), path]
        subprocess.run(encode, input=frames.tobytes(), check=True)
        decode = ["ffmpeg", "-v", "error", "-i", path, *raw, "-"]
        content = subprocess.run(decode, check=True, capture_output=True).stdout
    return np.frombuffer(content, np.uint8).reshape(count, height, width, 3)


def forged_clip(photos, kind, random):
    """Frames uint8 [FRAMES, s, s, 3] and masks bool [FRAMES, s, s]."""
    first, second = random.choice(len(photos), 2, replace=False)
    extent = round(SIDE * AROUND)
    scene, noise = drawn_crop(photos[first], extent, extent, (0.35, 1), random), random.uniform(0.5, 4)
    if kind == "insertion":
        made = inserted(scene, photos[second], noise, random)
    else:
        made = removed(scene, noise, random) if kind == "removal" else untouched(scene, noise, random)
    frames, masks = zip(*made)
    pixels = np.stack([np.asarray(to_picture(frame)) for frame in frames])
    return through_h264(pixels, int(random.integers(18, 33))), np.stack(masks)


def write_shard(path, photos, seed):
    """SHARD clips, each of them cut into clips of CLIP_FRAMES; the form of pool.py with an axis of frames."""
    pixels, masks = [], []
    for index in range(SHARD):
        random = np.random.default_rng([*seed, index])
        kind = KINDS[random.choice(len(KINDS), p=KIND_SHARES)]
        frames, truth = forged_clip(photos, kind, random)
        pixels.append(frames.reshape(-1, CLIP_FRAMES, *frames.shape[1:]))
        masks.append(truth.reshape(-1, CLIP_FRAMES, *truth.shape[1:]))
    with open(f"{path}.partial", "wb") as file:
        np.savez(file, pixels=np.concatenate(pixels), masks=np.packbits(np.concatenate(masks), axis=-1))
    os.replace(f"{path}.partial", path)


def main():
    """Make the shards that are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--seed", type=int, default=2)
    args = parser.parse_args()
    CLIPS.mkdir(parents=True, exist_ok=True)
    for number in range(1, args.shards + 1):
        path = CLIPS / f"{number:03}.npz"
        if not path.exists():
            write_shard(path, photographs("training"), (args.seed, number))
            print(path.name, flush=True)


if __name__ == "__main__":
    main()
