"""Building blocks of the Wan2.1 causal video autoencoder.

Whole-sequence form: the front zero padding in time gives the same numbers as the streamed form with
caches. Video tensors are [B, C, T, H, W]. Module names follow the published checkpoint keys.
"""

import torch
import torch.nn.functional as F
from torch import nn


class CausalConv3d(nn.Conv3d):
    """Convolution that sees the present and past frames only."""

    def __init__(self, inputs, outputs, kernel, stride=1, time_pad=None):
        kernel = (kernel,) * 3 if isinstance(kernel, int) else kernel
        space_pad = (0, kernel[1] // 2, kernel[2] // 2)
        super().__init__(inputs, outputs, kernel, stride=stride, padding=space_pad)
        self.time_pad = kernel[0] - 1 if time_pad is None else time_pad

    # Which of two ways to the same numbers: what is faster depends on the device (see train.py).
    by_frames = False

    def forward(self, video):
        if self.time_pad:
            video = F.pad(video, (0, 0, 0, 0, self.time_pad, 0))
        if CausalConv3d.by_frames and self.stride == (1, 1, 1):
            return self.convolve_frames(video)
        return super().forward(video)

    def convolve_frames(self, video):
        """As a convolution of single frames, with the frames that a kernel sees side by side as channels."""
        taps = self.kernel_size[0]
        frames = video.shape[2] - taps + 1
        if torch.is_autocast_enabled():
            video = video.to(torch.bfloat16)
        seen = torch.cat([video[:, :, tap : tap + frames] for tap in range(taps)], dim=1) if taps > 1 else video
        weight = self.weight.transpose(1, 2).flatten(1, 2)
        images = fold_time(seen).contiguous(memory_format=torch.channels_last)
        weight = weight.contiguous(memory_format=torch.channels_last)
        return unfold_time(F.conv2d(images, weight, self.bias, padding=self.padding[1:]), frames)


class ChannelNorm(nn.Module):
    """y = x / max(norm of x over channels, 1e-12) * sqrt(C) * gamma, at every position."""

    def __init__(self, channels, axes=3):
        super().__init__()
        self.scale = channels**0.5
        self.gamma = nn.Parameter(torch.ones(channels, *(1,) * axes))

    def forward(self, video):
        # The floor of the norm is 1e-12; F.normalize computes the same ten times slower here.
        squares = video.float().square().sum(dim=1, keepdim=True).clamp_min(1e-24)
        return video * (torch.rsqrt(squares).to(video.dtype) * self.gamma * self.scale)


class ResidualBlock(nn.Module):
    """shortcut(x) + conv(SiLU(norm(conv(SiLU(norm(x))))))."""

    def __init__(self, inputs, outputs):
        super().__init__()
        # Index 5 is the dropout of the published layout; it is never active here.
        self.residual = nn.Sequential(
            ChannelNorm(inputs),
            nn.SiLU(),
            CausalConv3d(inputs, outputs, 3),
            ChannelNorm(outputs),
            nn.SiLU(),
            nn.Identity(),
            CausalConv3d(outputs, outputs, 3),
        )
        self.shortcut = CausalConv3d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, video):
        return self.shortcut(video) + self.residual(video)


class AttentionBlock(nn.Module):
    """Single-head attention over the positions of one frame."""

    def __init__(self, channels):
        super().__init__()
        self.norm = ChannelNorm(channels, axes=2)
        self.to_qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.proj = nn.Conv2d(channels, channels, 1)

    def forward(self, video):
        batch, channels, frames, height, width = video.shape
        flat = fold_time(video)
        qkv = self.to_qkv(self.norm(flat)).flatten(2).transpose(1, 2)  # [B*T, H*W, 3C]
        query, key, value = qkv.chunk(3, dim=2)
        weights = torch.softmax(query @ key.transpose(1, 2) / channels**0.5, dim=2)
        mixed = (weights @ value).transpose(1, 2).reshape(-1, channels, height, width)
        return video + unfold_time(self.proj(mixed), frames)


def fold_time(video):
    """[B, C, T, H, W] -> [B*T, C, H, W]."""
    return video.transpose(1, 2).flatten(0, 1)


def unfold_time(images, frames):
    """[B*T, C, H, W] -> [B, C, T, H, W]."""
    return images.unflatten(0, (-1, frames)).transpose(1, 2)


class TimeExpand(CausalConv3d):
    """Doubles the frames: T -> 2T - 1. The first frame passes through and is not part of the history."""

    def __init__(self, channels):
        super().__init__(channels, 2 * channels, (3, 1, 1))

    def forward(self, video):
        first, rest = video[:, :, :1], video[:, :, 1:]
        if rest.shape[2] == 0:
            return first
        pairs = super().forward(rest).unflatten(1, (2, -1))  # [B, 2, C, T-1, H, W]
        rest = torch.stack((pairs[:, 0], pairs[:, 1]), dim=3).flatten(2, 3)
        return torch.cat((first, rest), dim=2)


class TimeReduce(CausalConv3d):
    """Halves the frames: 2T - 1 -> T. The first frame passes through."""

    def __init__(self, channels):
        super().__init__(channels, channels, (3, 1, 1), stride=(2, 1, 1), time_pad=0)

    def forward(self, video):
        first = video[:, :, :1]
        if video.shape[2] == 1:
            return first
        return torch.cat((first, super().forward(video)), dim=2)


class Resample(nn.Module):
    """Spatial factor 2 up or down, with an optional factor 2 in time."""

    def __init__(self, channels, direction, temporal):
        super().__init__()
        self.up = direction == "up"
        if self.up:
            spatial = (nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(channels, channels // 2, 3, padding=1))
        else:
            spatial = (nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(channels, channels, 3, stride=2))
        self.resample = nn.Sequential(*spatial)
        self.time_conv = None
        if temporal:
            self.time_conv = TimeExpand(channels) if self.up else TimeReduce(channels)

    def forward(self, video):
        if self.up and self.time_conv is not None:
            video = self.time_conv(video)
        video = unfold_time(self.resample(fold_time(video)), video.shape[2])
        if not self.up and self.time_conv is not None:
            video = self.time_conv(video)
        return video
