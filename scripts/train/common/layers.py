"""Layers that several networks share, with the official key names."""

import torch
from torch import nn
from torch.nn.functional import interpolate


class LayerNorm(nn.LayerNorm):
    """Layer norm in float32, whatever the layers around it multiply in."""

    def forward(self, x):
        return super().forward(x.float())


class ConvModule(nn.Module):
    """Convolution without bias, batch norm, ReLU."""

    def __init__(self, inputs, outputs, size):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.bn(self.conv(x)).relu()


class DropPath(nn.Module):
    """In training a branch is left out for some pictures (stochastic depth)."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, branch):
        if not self.training or self.rate == 0:
            return branch
        keep = 1 - self.rate
        mask = torch.rand(branch.shape[0], *[1] * (branch.ndim - 1), device=branch.device) < keep
        return branch * (mask.to(branch.dtype) / keep)


def drop_rates(rate, depths):
    """Rates of stochastic depth by stage and block: they grow linearly with depth."""
    return [part.tolist() for part in torch.linspace(0, rate, sum(depths)).split(depths)]


def initialise(module):
    """Start values; the official spread of 0.02 suits 512 channels and would start narrow layers almost at zero."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.5 * module.in_features**-0.5)
        nn.init.zeros_(module.bias)


def enlarge(tensor, size):
    """Bilinear resize, corners not aligned."""
    return interpolate(tensor, size, mode="bilinear", align_corners=False)
