"""Pans over held-out photographs to watch a training by: python3 -m simplegvr.validation FILE writes them.

None of the photographs is trained on or in the evaluation clips.
"""

import argparse

import numpy as np
import torch

from common.photos import listed_photos

from .clips import FRAMES
from .config import SCALES
from .corpus import fetch_packages, load_photo
from .crops import FLAT_DEVIATION
from .prepare import CLIPS, SHRINK
from .resize import resize, shrink_bytes

SIDE = 192
STEP = (1, 2)
PIECES = 12
AT_ONCE = 4


def held_out():
    """uint8 [N, rows, cols, 3]: a detailed piece of each of the held-out photographs, large enough to pan in."""
    unpacked = fetch_packages()
    used = {getattr(clip, "photo", None) for clip in CLIPS}
    random = np.random.default_rng(0)
    rows, cols = (SIDE + step * (FRAMES - 1) for step in STEP)
    pieces = []
    for entry in listed_photos():
        if entry["split"] != "test" or entry["name"] in used:
            continue
        photo = load_photo(entry, unpacked)
        if photo is None:
            continue
        planes = torch.from_numpy(photo.copy()).permute(2, 0, 1)
        small = shrink_bytes(planes, tuple(int(side * SHRINK) for side in planes.shape[1:]), "lanczos")
        small = small.permute(1, 2, 0).numpy()
        if small.shape[0] < rows or small.shape[1] < cols:
            continue
        for _ in range(8):
            top, left = (int(random.integers(have - want + 1)) for have, want in zip(small.shape, (rows, cols)))
            piece = small[top : top + rows, left : left + cols]
            if piece.std(axis=(0, 1)).mean() >= 2 * FLAT_DEVIATION:
                pieces.append(piece)
                break
    order = random.permutation(len(pieces))[:PIECES]
    return np.stack([pieces[index] for index in order])


def load_clips(path, device):
    """uint8 [N, 3, T, SIDE, SIDE] of a file of pieces."""
    pieces = torch.from_numpy(np.load(path)["pieces"]).to(device).permute(0, 3, 1, 2)
    frames = []
    for frame in range(FRAMES):
        top, left = (step * frame for step in STEP)
        frames.append(pieces[:, :, top : top + SIDE, left : left + SIDE])
    return torch.stack(frames, dim=2)


def decibels(video, hr):
    """PSNR of each clip in [-1, 1]."""
    return -10 * ((video.clamp(-1, 1) - hr) / 2).square().mean(dim=(1, 2, 3, 4)).clamp_min(1e-10).log10()


@torch.no_grad()
def gains(model, clips):
    """Text: mean PSNR over Lanczos in dB of the model, of the latent alone and without the latent, by scale."""
    parts = []
    for scale in SCALES:
        rows = []
        for hr in clips.split(AT_ONCE):
            lr = shrink_bytes(hr, (SIDE // scale, SIDE // scale)).float() / 127.5 - 1
            hr = hr.float() / 127.5 - 1
            base = resize(lr, hr.shape[3:]).clamp(-1, 1)
            latent = model.estimate_latent(lr, (SIDE // model.vae.stride, SIDE // model.vae.stride))
            none = torch.zeros(len(hr), device=hr.device)
            videos = (
                model.vae.decode(latent, base),
                model.vae.decode(latent, base, none),
                model.vae.decode(torch.zeros_like(latent), base),
            )
            start = decibels(resize(lr, hr.shape[3:], "lanczos"), hr)
            rows.append(torch.stack([decibels(video, hr) - start for video in videos]))
        parts.append(f"x{scale} " + " ".join(f"{float(value):+.3f}" for value in torch.cat(rows, dim=1).mean(dim=1)))
    return " | ".join(parts)


def main():
    """Write the pieces."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    pieces = held_out()
    np.savez_compressed(parser.parse_args().file, pieces=pieces)
    print(f"{len(pieces)} pieces of {pieces.shape[2]}x{pieces.shape[1]}")


if __name__ == "__main__":
    main()
