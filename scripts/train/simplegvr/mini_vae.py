"""MiniVAE: the Wan2.1 autoencoder with patches, mean-free inputs and a conditional residual decoder.

With patch 1, no condition and mid attention it is the Wan2.1 autoencoder itself.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .vae_blocks import AttentionBlock, CausalConv3d, ChannelNorm, Resample, ResidualBlock, fold_time, unfold_time

DETAIL_GAIN = 8.0


def detail_planes(video, size):
    """Mean-free patches: [B, 3, T, H, W] -> [B, 3*size*size + 3, T, H/size, W/size]."""
    patches = F.pixel_unshuffle(fold_time(video), size)
    grouped = patches.unflatten(1, (3, size * size))
    mean = grouped.mean(dim=2, keepdim=True)
    planes = torch.cat(((DETAIL_GAIN * (grouped - mean)).flatten(1, 2), mean.flatten(1, 2)), dim=1)
    return unfold_time(planes, video.shape[2])


def middle(channels, attention):
    """Residual block, optional attention, residual block."""
    between = AttentionBlock(channels) if attention else nn.Identity()
    return nn.Sequential(ResidualBlock(channels, channels), between, ResidualBlock(channels, channels))


def head(channels, outputs):
    """Norm, SiLU and the last convolution."""
    return nn.Sequential(ChannelNorm(channels), nn.SiLU(), CausalConv3d(channels, outputs, 3))


class Encoder(nn.Module):
    """Pixels or detail planes -> 2 * z_dim latent statistics."""

    def __init__(self, config, inputs):
        super().__init__()
        widths = [config["dim"] * factor for factor in config["dim_mult"]]
        self.conv1 = CausalConv3d(inputs, config["dim"], 3)
        layers = []
        width = config["dim"]
        for level, outputs in enumerate(widths):
            for _ in range(config["num_res_blocks"]):
                layers.append(ResidualBlock(width, outputs))
                width = outputs
            if level < len(widths) - 1:
                layers.append(Resample(width, "down", config["temporal"][level]))
        self.downsamples = nn.Sequential(*layers)
        self.middle = middle(width, config["mid_attn"])
        self.head = head(width, 2 * config["z_dim"])

    def forward(self, video):
        return self.head(self.middle(self.downsamples(self.conv1(video))))


class Decoder(nn.Module):
    """Latent (with the condition map behind it) -> pixels or patches."""

    def __init__(self, config, inputs, outputs):
        super().__init__()
        mult = config["dim_mult"]
        widths = [config["dim"] * factor for factor in [mult[-1]] + mult[::-1]]
        temporal = config["temporal"][::-1]
        self.conv1 = CausalConv3d(inputs, widths[0], 3)
        self.middle = middle(widths[0], config["mid_attn"])
        layers = []
        width = widths[0]
        for level, level_width in enumerate(widths[1:]):
            for _ in range(config["num_res_blocks"] + 1):
                layers.append(ResidualBlock(width, level_width))
                width = level_width
            if level < len(mult) - 1:
                layers.append(Resample(width, "up", temporal[level]))
                width //= 2
        self.upsamples = nn.Sequential(*layers)
        self.head = head(width, outputs)

    def forward(self, latent):
        return self.head(self.upsamples(self.middle(self.conv1(latent))))


class MiniVae(nn.Module):
    """Encoder and conditional decoder. Videos are [B, 3, T, H, W] in [-1, 1], latents [B, z, F, h, w]."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        patch, z_dim = config["patch"], config["z_dim"]
        self.stride = patch * 2 ** (len(config["dim_mult"]) - 1)
        self.time_stride = 2 ** sum(config["temporal"])
        cond_planes = self.time_stride * (3 * self.stride**2 + 3) if config["cond"] else 0
        self.encoder = Encoder(config, 3 if patch == 1 else 3 * patch**2 + 3)
        self.conv1 = CausalConv3d(2 * z_dim, 2 * z_dim, 1)
        self.conv2 = CausalConv3d(z_dim, z_dim, 1)
        self.decoder = Decoder(config, z_dim + cond_planes, 3 * patch**2)
        self.register_buffer("latents_mean", torch.zeros(z_dim))
        self.register_buffer("latents_std", torch.ones(z_dim))

    def encode_raw(self, video):
        """Latent before normalisation: the mean half of the encoder's output."""
        patch = self.config["patch"]
        planes = video if patch == 1 else detail_planes(video, patch)
        return self.conv1(self.encoder(planes)).chunk(2, dim=1)[0]

    def encode(self, video):
        """Normalised latent of a video."""
        raw = self.encode_raw(video)
        return (raw - per_channel(self.latents_mean)) / per_channel(self.latents_std)

    def cond_map(self, base):
        """Condition of the decoder: detail planes of the bicubic video at latent resolution."""
        planes = detail_planes(base, self.stride)
        repeat = self.time_stride - 1
        if repeat == 0:
            return planes
        planes = torch.cat((planes[:, :, :1].expand(-1, -1, repeat, -1, -1), planes), dim=2)
        # [B, C, F*stride, h, w] -> frame-major channels [B, stride*C, F, h, w]
        grouped = planes.unflatten(2, (-1, self.time_stride))
        return grouped.permute(0, 3, 1, 2, 4, 5).flatten(1, 2)

    def decode(self, latent, base=None, keep=None):
        """Decode a normalised latent.

        base is the bicubic video at output size; keep [B] (0 or 1) drops the condition map per sample
        while the residual still starts from the bicubic video.
        """
        raw = latent * per_channel(self.latents_std) + per_channel(self.latents_mean)
        return self.decode_raw(raw, base, keep)

    def decode_raw(self, raw, base=None, keep=None):
        """Decode a latent that is not normalised."""
        hidden = self.conv2(raw)
        if self.config["cond"]:
            condition = self.cond_map(base)
            if keep is not None:
                condition = condition * keep.view(-1, 1, 1, 1, 1)
            hidden = torch.cat((hidden, condition), dim=1)
        out = self.decoder(hidden)
        patch = self.config["patch"]
        if patch > 1:
            out = unfold_time(F.pixel_shuffle(fold_time(out), patch), out.shape[2])
        if not self.config["residual"]:
            return out
        return base + self.config["res_scale"] * out


def per_channel(values):
    """[C] -> [1, C, 1, 1, 1]."""
    return values.view(1, -1, 1, 1, 1)
