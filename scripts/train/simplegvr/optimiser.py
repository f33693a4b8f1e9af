"""The optimiser of a stage and its steps."""

import torch

from common.muon import Muon

from .stages import trainable


def make_optimiser(model, stage):
    """Muon of the parameters that the stage updates; the others are fixed."""
    model.requires_grad_(False)
    chosen = trainable(model, stage)
    for parameter in chosen:
        parameter.requires_grad_(True)
    return Muon(chosen, lr=stage.rates[0], betas=(0.9, 0.99), weight_decay=1e-4)


def descend(optimiser, loss, rate):
    """One step down the gradient of a loss."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    (group,) = optimiser.param_groups
    group["lr"] = rate
    torch.nn.utils.clip_grad_norm_(group["params"], 1.0)
    # A gradient that overflowed is left out; asking whether one did would make the host wait.
    for parameter in group["params"]:
        if parameter.grad is not None:
            torch.nan_to_num_(parameter.grad, 0.0, 0.0, 0.0)
    optimiser.step()
