"""Whole pipeline on 8-bit frames."""

import math

import torch
import torch.nn.functional as F

from .noise import gaussian_noise
from .resize import resize, to_bytes


def upscale_video(model, frames, scale, **options):
    """upscale_frames on clips of the length that the model was trained on."""
    length = model.config.get("clip", 0) or len(frames)
    parts = [upscale_frames(model, part, scale, **options) for part in frames.split(length)]
    return torch.cat(parts)


def upscale_frames(model, frames, scale, steps=1, aug=0.0, seed=None, condition=True, mean_latent=False):
    """uint8 [T, h, w, 3] -> uint8 [T, h*scale, w*scale, 3].

    seed None means zero noise (fidelity mode). condition False zeroes the decoder's condition map and
    mean_latent replaces the latent by its channel mean: the two ablations of the model card.
    """
    count, height, width, _ = frames.shape
    video = frames.permute(3, 0, 1, 2).float() / 255  # [3, T, h, w]
    stride = model.vae.stride
    pad = (0, -width % stride, 0, -height % stride)
    video = F.pad(video, pad, mode="replicate")
    full = (video.shape[2] * scale, video.shape[3] * scale)
    base = resize(video, full).clamp(0, 1)[None] * 2 - 1
    size = (full[0] // stride, full[1] // stride)
    latent = sample_latent(model, video[None] * 2 - 1, size, steps, aug, seed)
    if mean_latent:
        latent = torch.zeros_like(latent)
    keep = None if condition else torch.zeros(1)
    out = (model.vae.decode(latent, base, keep)[0] + 1) / 2
    out = to_bytes(out)[:, :count, : height * scale, : width * scale]
    return out.permute(1, 2, 3, 0).contiguous()


def sample_latent(model, video, size, steps, aug, seed):
    """Latent at size of a video [1, 3, T, h, w]."""
    net = model.net
    condition = net.upsampler(model.vae.encode(video), size)
    frames = condition.shape[2]
    shape = (net.config["z_dim"], frames, *size)
    noise = torch.zeros(shape) if seed is None else gaussian_noise(seed, shape)
    aug_noise = None
    if aug > 0:
        aug_noise = gaussian_noise(seed, (condition.shape[1], frames, *size), kind="aug")[None]
    return net.sample(condition, noise[None], aug_noise, aug, steps)


def schedule(steps, shift):
    """Times t_0 = 1 ... t_steps = 0."""
    times = []
    for index in range(steps + 1):
        s = 1 - index / steps
        times.append(shift * s / (1 + (shift - 1) * s))
    assert math.isclose(times[0], 1.0)
    return times
