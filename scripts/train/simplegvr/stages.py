"""The training stages, after spec section 9.4."""

from dataclasses import dataclass

import torch

from losses import gain_db, pixel_loss
from start import residual_latent


@dataclass(frozen=True)
class Stage:
    """share: part of the whole training time; rates: first and last learning rate."""

    name: str
    share: float
    rates: tuple
    latent_weight: float
    keep_condition: float


# A teaches the decoder to need the latent and the encoder to keep the picture. B trains everything, and the
# decoder does without the condition map in half of the samples, so that the cascade has to supply what it
# can; with the map always there, the decoder does everything and the cascade nothing.
STAGES = (
    Stage("A", 0.07, (5e-4, 2e-4), 0.0, 0.0),
    Stage("B", 0.93, (1e-3, 1e-5), 0.02, 0.5),
)


def trainable(model, stage):
    """Parameters that the stage updates."""
    return list(model.vae.parameters()) if stage.name == "A" else list(model.parameters())


def stage_loss(model, teacher, stage, batch):
    """(loss, PSNR gain over bicubic) of one batch (hr, lr, base)."""
    hr, lr, base = batch
    if stage.name == "A":
        latent = residual_latent(model.vae, base, hr)
        output = model.vae.decode(latent, base, keep_mask(hr, 0.0))
        return pixel_loss(output.float(), hr) + 1e-5 * latent.float().square().mean(), gain_db(output, base, hr)
    size = (hr.shape[3] // model.vae.stride, hr.shape[4] // model.vae.stride)
    latent = model.estimate_latent(lr, size)
    output = model.vae.decode(latent, base, keep_mask(hr, stage.keep_condition))
    with torch.no_grad():
        target = residual_latent(teacher, base, hr)
    loss = pixel_loss(output.float(), hr) + stage.latent_weight * (latent - target).float().abs().mean()
    return loss, gain_db(output, base, hr)


def keep_mask(video, share):
    """1 for samples whose decoder sees the condition map."""
    return (torch.rand(video.shape[0], device=video.device) < share).float()
