"""The training stages."""

from dataclasses import dataclass

import torch

from .config import SCALES
from .losses import gain_db, pixel_loss
from .start import residual_latent


@dataclass(frozen=True)
class Stage:
    """share: part of the whole training time; rates: first and last learning rate; keep: share of the
    samples of each scale whose decoder sees the condition map."""

    name: str
    share: float
    rates: tuple
    keep: dict
    scales: tuple


# A teaches the decoder to need the latent and the encoder to keep the picture. B teaches the network between
# the latents, with the autoencoder fixed and without the decoder's condition map, so that it has to supply
# what it can; one scale first, since nothing tells it the scale and a mixture of scales hides all of them.
# C trains everything at all scales. At x2, where the latent of the input holds most, the condition map is
# there in half of the samples: with the map always there the decoder would do everything and the cascade
# nothing. At x4 little can be learned without the map.
STAGES = (
    Stage("A", 0.05, (5e-4, 2e-4), {}, SCALES),
    Stage("B", 0.25, (1e-3, 5e-4), {}, (2,)),
    Stage("C", 0.70, (1e-3, 1e-5), {2: 0.5, 3: 0.8, 4: 0.8}, SCALES),
)

# From the weights of a finished model: C once more, for the whole time, gently enough not to undo them. The
# cascade is there by now: without the latent such a model loses more than a decibel, and the map may be there
# more often.
FURTHER = (Stage("C", 1.0, (5e-4, 1e-5), {2: 0.8, 3: 0.9, 4: 0.9}, SCALES),)


def trainable(model, stage):
    """Parameters that the stage updates."""
    part = {"A": model.vae, "B": model.net, "C": model}[stage.name]
    return list(part.parameters())


def stage_loss(model, stage, batch, epsilon=1e-3):
    """(loss, PSNR gain over bicubic) of one batch (hr, lr, base); epsilon: below it errors count squared."""
    hr, lr, base = batch
    latent = latent_of(model, stage, batch)
    keep = stage.keep.get(hr.shape[3] // lr.shape[3], 0.0)
    output = model.vae.decode(latent, base, keep_mask(hr, keep))
    loss = pixel_loss(output.float(), hr, epsilon) + 1e-5 * latent.float().square().mean()
    return loss, gain_db(output, base, hr)


def latent_of(model, stage, batch):
    """What the decoder gets: the true missing latent in stage A, the estimated one afterwards."""
    hr, lr, base = batch
    if stage.name == "A":
        return residual_latent(model.vae, base, hr)
    return model.estimate_latent(lr, (hr.shape[3] // model.vae.stride, hr.shape[4] // model.vae.stride))


def keep_mask(video, share):
    """1 for samples whose decoder sees the condition map."""
    return (torch.rand(video.shape[0], device=video.device) < share).float()
