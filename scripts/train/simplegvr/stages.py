"""The three training stages of spec section 9.4 and the initialisation they need."""

from dataclasses import dataclass

import torch
from torch import nn

from losses import gain_db, pixel_loss
from vae_blocks import ResidualBlock

START_LATENT_STD = 0.7


@dataclass(frozen=True)
class Stage:
    """share: part of the whole training time; rates: first and last learning rate."""

    name: str
    share: float
    rates: tuple
    latent_weight: float
    keep_condition: float


# A teaches the decoder to need the latent, B1 teaches the cascade to supply it, and only B2 lets the
# condition map in. Trained in one go, the conditional decoder does everything and the cascade nothing.
STAGES = (
    Stage("A", 0.17, (1e-3, 2e-4), 0.0, 0.5),
    Stage("B1", 0.25, (1.2e-3, 3e-4), 0.05, 0.0),
    Stage("B2", 0.58, (8e-4, 1e-5), 0.02, 0.6),
)


def initialise(model, hr):
    """Start values found by ablation; hr is a batch that fixes the latent scale."""
    for module in model.modules():
        if isinstance(module, ResidualBlock):
            nn.init.normal_(module.residual[6].weight, 0, 0.01)
            nn.init.zeros_(module.residual[6].bias)
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    nn.init.normal_(model.vae.decoder.head[2].weight, 0, 0.02)
    nn.init.zeros_(model.vae.decoder.head[2].bias)
    nn.init.normal_(model.net.head.head.weight, 0, 0.02)
    with torch.no_grad():
        model.vae.conv1.weight.mul_(START_LATENT_STD / model.vae.encode_raw(hr).std())


def trainable(model, stage):
    """Parameters that the stage updates."""
    if stage.name == "A":
        return list(model.vae.parameters())
    if stage.name == "B1":
        return list(model.net.parameters())
    return list(model.parameters())


def measure_latents(vae, batches):
    """Set the latent statistics from HR batches, so that the cascade works on unit-variance latents."""
    with torch.no_grad():
        raw = torch.cat([vae.encode_raw(hr).transpose(0, 1).flatten(1) for hr in batches], dim=1)
        vae.latents_mean.copy_(raw.mean(dim=1))
        vae.latents_std.copy_(raw.std(dim=1).clamp_min(1e-3))


def stage_loss(model, teacher, stage, batch, progress):
    """(loss, PSNR gain over bicubic) of one batch (hr, lr, base)."""
    hr, lr, base = batch
    keep_share = stage.keep_condition
    if stage.name == "A":
        raw = model.vae.encode_raw(hr)
        keep_share = 0.0 if progress < 0.5 else keep_share
        output = model.vae.decode_raw(raw, base, keep_mask(hr, keep_share))
        return pixel_loss(output, hr) + 1e-4 * raw.square().mean(), gain_db(output, base, hr)
    size = (hr.shape[3] // model.vae.stride, hr.shape[4] // model.vae.stride)
    latent = model.estimate_latent(lr, size)
    output = model.vae.decode(latent, base, keep_mask(hr, keep_share))
    with torch.no_grad():
        target = teacher.encode(hr)
    loss = pixel_loss(output, hr) + stage.latent_weight * (latent - target).abs().mean()
    return loss, gain_db(output, base, hr)


def keep_mask(video, share):
    """1 for samples whose decoder sees the condition map."""
    return (torch.rand(video.shape[0], device=video.device) < share).float()
