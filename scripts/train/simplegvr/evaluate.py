"""Measure the trained network on the evaluation set: python3 -m simplegvr.evaluate [--state FILE] [--scales 2,4] [--twin FOLDER].

Prints decibels of bicubic and Lanczos resampling, of the network, and of the network without one of its paths.
With --twin the frames are kept as CLIP/x2.mkv and so on: `deno task eval:upscale --twin` compares its own with them.
"""

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np
import torch

from common.tensor_file import read_tensors

from .config import EVAL_FOLDER, MODEL_FILE
from .export import load_average
from .metrics import psnr_rgb
from .pipeline import upscale_video
from .prepare import write_video
from .resize import resize, to_bytes
from .simplegvr import SimpleGvr


def options():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", help="a training state; without it the model file")
    parser.add_argument("--model", default=str(MODEL_FILE))
    parser.add_argument("--scales", default="2,3,4")
    parser.add_argument("--clips", help="names, separated by commas; without it all")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-ablations", dest="ablations", action="store_false")
    parser.add_argument("--twin", help="folder for the network's frames")
    return parser.parse_args()


def load(args):
    """The moving average of a training state, or the model file."""
    if args.state:
        return load_average(args.state)[0]
    tensors, metadata = read_tensors(args.model)
    model = SimpleGvr(json.loads(metadata["config"]))
    model.load(tensors)
    return model


def read_video(path, frames):
    """uint8 [T, H, W, 3]."""
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", str(path)]
    width, height = map(int, subprocess.run(probe, check=True, capture_output=True, text=True).stdout.split(","))
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    content = subprocess.run(command, check=True, capture_output=True).stdout
    return torch.from_numpy(np.frombuffer(content, np.uint8).reshape(-1, height, width, 3)[:frames].copy())


def resample(frames, size, kernel):
    """Enlarged by a fixed kernel."""
    planes = frames.permute(0, 3, 1, 2).float() / 255
    return to_bytes(resize(planes, size, kernel)).permute(0, 2, 3, 1)


@torch.no_grad()
def measure(model, clip, scale, args):
    """Decibels by method."""
    folder = EVAL_FOLDER / clip
    original = read_video(folder / "hr.mkv", args.frames)
    small = read_video(folder / f"lr_x{scale}.mkv", args.frames)
    size = original.shape[1:3]
    made = {kernel: resample(small, size, kernel) for kernel in ("bicubic", "lanczos")}
    made["network"] = upscale_video(model, small, scale)
    if args.ablations:
        made["latent alone"] = upscale_video(model, small, scale, condition=False)
        made["without latent"] = upscale_video(model, small, scale, mean_latent=True)
    if args.twin:
        target = Path(args.twin) / clip
        target.mkdir(parents=True, exist_ok=True)
        write_video(target / f"x{scale}.mkv", made["network"].permute(3, 0, 1, 2))
    return {name: float(psnr_rgb(frames, original).mean()) for name, frames in made.items()}


def main():
    """Print one line for every clip and scale, and the means of the detailed clips."""
    args = options()
    torch.set_num_threads(args.threads)
    model = load(args)
    clips = json.loads((EVAL_FOLDER / "manifest.json").read_text())["clips"]
    wanted = args.clips.split(",") if args.clips else [clip["name"] for clip in clips]
    for scale in map(int, args.scales.split(",")):
        detailed = []
        for clip in clips:
            if clip["name"] not in wanted:
                continue
            row = measure(model, clip["name"], scale, args)
            if clip["kind"] == "detailed":
                detailed.append(row)
            print(line(scale, clip["name"], row), flush=True)
        if detailed:
            print(line(scale, "mean", {name: np.mean([row[name] for row in detailed]) for name in detailed[0]}), flush=True)


def line(scale, clip, row):
    """One line of the table."""
    return f"x{scale} {clip:>10}  " + "  ".join(f"{name} {value:.2f}" for name, value in row.items())


if __name__ == "__main__":
    main()
