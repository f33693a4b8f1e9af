"""Latent upsampler: low-resolution latent -> condition at the target latent size."""

import torch.nn.functional as F
from torch import nn

from .vae_blocks import CausalConv3d, ResidualBlock, TimeExpand, TimeReduce, fold_time, unfold_time


def bilinear(video, size):
    """Bilinear resize of every frame, half-pixel centres: [B, C, T, h, w] -> [B, C, T, *size]."""
    resized = F.interpolate(fold_time(video), size=tuple(size), mode="bilinear", align_corners=False)
    return unfold_time(resized, video.shape[2])


class ConvUpsampler(nn.Module):
    """Convolution, bilinear, convolution."""

    def __init__(self, z_dim, hidden, cond_dim):
        super().__init__()
        self.conv1 = CausalConv3d(z_dim, hidden, 3)
        self.conv2 = CausalConv3d(hidden, cond_dim, 3)

    def forward(self, latent, size):
        return self.conv2(bilinear(self.conv1(latent), size))


class ResidualUpsampler(nn.Module):
    """Two residual blocks, bilinear, two residual blocks; expands and reduces time when t_levels > 0."""

    def __init__(self, z_dim, hidden, cond_dim, t_levels):
        super().__init__()
        self.in_blocks = nn.ModuleList([ResidualBlock(z_dim, hidden), ResidualBlock(hidden, hidden)])
        self.out_blocks = nn.ModuleList([ResidualBlock(hidden, hidden), ResidualBlock(hidden, hidden)])
        self.in_time = nn.ModuleList([TimeExpand(hidden) for _ in range(t_levels)])
        self.out_time = nn.ModuleList([TimeReduce(hidden) for _ in range(t_levels)])
        self.conv_out = CausalConv3d(hidden, cond_dim, 1)

    def forward(self, latent, size):
        hidden = latent
        for level, block in enumerate(self.in_blocks):
            hidden = block(hidden)
            if level < len(self.in_time):
                hidden = self.in_time[level](hidden)
        hidden = bilinear(hidden, size)
        for level, block in enumerate(self.out_blocks):
            hidden = block(hidden)
            if level < len(self.out_time):
                hidden = self.out_time[level](hidden)
        return self.conv_out(hidden)


def make_upsampler(config, z_dim, cond_dim):
    """Build the variant named by the config."""
    if config["variant"] == "conv":
        return ConvUpsampler(z_dim, config["hidden"], cond_dim)
    return ResidualUpsampler(z_dim, config["hidden"], cond_dim, config.get("t_levels", 0))
