"""Write the evaluation set: python3 -m simplegvr.prepare [--frames 12]. Nothing in it is used for training.

Every clip becomes CLIP/hr.mkv and its reductions CLIP/lr_x2.mkv, lr_x3.mkv and lr_x4.mkv, lossless; manifest.json
lists them. Sources are shrunk by a third or more first, to lose the artefacts of their own compression.
"""

import argparse
import gzip
import json
import subprocess
from dataclasses import dataclass

import numpy as np
import torch

from common.photos import listed_photos

from .config import EVAL_FOLDER, SCALES
from .corpus import fetch_packages, load_photo
from .resize import shrink_bytes

SHRINK = 0.75
EXAMPLES = "opencv-doc/usr/share/doc/opencv-doc"
IMAGEIO = "python3-imageio/usr/lib/python3/dist-packages/imageio/resources/images"


@dataclass(frozen=True)
class Pan:
    """Window moving over a photograph by whole pixels: size, first corner and step are (rows, columns)."""

    name: str
    kind: str
    photo: str
    first: tuple
    step: tuple
    size: tuple = (288, 384)


@dataclass(frozen=True)
class Film:
    """Frames of a real video, shrunk to size (rows, columns)."""

    name: str
    kind: str
    path: str
    start: int
    size: tuple


CLIPS = (
    Pan("launch-pad", "detailed", "nasa3@2x.jpg", (100, 350), (1, 3)),
    Pan("reef", "detailed", "level-17.jpg", (150, 150), (2, -3)),
    Film("vtest", "detailed", f"{EXAMPLES}/examples/data/vtest.avi", 100, (432, 576)),
    Film("box", "detailed", f"{EXAMPLES}/opencv4/html/box.mp4.gz", 100, (360, 480)),
    Film("cup", "detailed", f"{EXAMPLES}/opencv4/html/cup.mp4.gz", 60, (360, 480)),
    Film("cockatoo", "other", f"{IMAGEIO}/cockatoo.mp4", 40, (288, 528)),
    Pan("sky", "smooth", "sky1@2x.jpg", (0, 300), (1, 2)),
    Pan("desert", "smooth", "desert1@2x.jpg", (0, 100), (1, 2)),
)


def pan_frames(clip, frames, unpacked):
    """uint8 [3, T, H, W]."""
    entry = next(entry for entry in listed_photos() if entry["name"] == clip.photo)
    assert entry["split"] == "test", f"{clip.photo} is a training photograph"
    photo = torch.from_numpy(load_photo(entry, unpacked).copy()).permute(2, 0, 1)
    small = shrink_bytes(photo, tuple(int(side * SHRINK) for side in photo.shape[1:]), "lanczos")
    cut = []
    for frame in range(frames):
        top, left = (first + frame * step for first, step in zip(clip.first, clip.step))
        cut.append(small[:, top : top + clip.size[0], left : left + clip.size[1]])
    return torch.stack(cut, dim=1)


def film_frames(clip, frames, unpacked):
    """uint8 [3, T, H, W]."""
    path = unpacked / clip.path
    if path.suffix == ".gz":
        plain = EVAL_FOLDER / path.stem
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        path = plain
    probe = ["ffprobe", "-v", "quiet", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0"]
    shown = subprocess.run([*probe, str(path)], check=True, capture_output=True, text=True).stdout
    width, height = map(int, shown.split(",")[:2])
    select = ["-vf", f"select=gte(n\\,{clip.start})", "-frames:v", str(frames), "-fps_mode", "passthrough"]
    # Damaged frames before the chosen part are reported by the decoder and do no harm.
    command = ["ffmpeg", "-v", "quiet", "-i", str(path), *select, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    content = subprocess.run(command, check=True, capture_output=True).stdout
    video = torch.from_numpy(np.frombuffer(content, np.uint8).reshape(frames, height, width, 3).copy())
    return shrink_bytes(video.permute(3, 0, 1, 2), clip.size, "lanczos")


def write_video(path, video):
    """Lossless RGB video of uint8 [3, T, H, W]."""
    height, width = video.shape[2:]
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", "25", "-i", "-"]
    command = ["ffmpeg", "-v", "error", "-y", *source, "-c:v", "ffv1", "-pix_fmt", "gbrp", str(path)]
    subprocess.run(command, check=True, input=video.permute(1, 2, 3, 0).contiguous().numpy().tobytes())


def main():
    """Write all clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=12)
    args = parser.parse_args()
    unpacked = fetch_packages()
    EVAL_FOLDER.mkdir(parents=True, exist_ok=True)
    for clip in CLIPS:
        read = pan_frames if isinstance(clip, Pan) else film_frames
        video = read(clip, args.frames, unpacked)
        folder = EVAL_FOLDER / clip.name
        folder.mkdir(exist_ok=True)
        write_video(folder / "hr.mkv", video)
        for scale in SCALES:
            write_video(folder / f"lr_x{scale}.mkv", shrink_bytes(video, tuple(side // scale for side in clip.size)))
        print(f"{clip.name}: {clip.kind}, {args.frames} frames of {clip.size[1]}x{clip.size[0]}", flush=True)
    manifest = {"clips": [{"name": clip.name, "kind": clip.kind} for clip in CLIPS]}
    (EVAL_FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
