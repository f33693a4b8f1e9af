"""NAT and DiNAT with the official key names; tokens are [batch, rows, cols, channels]."""

import torch
from torch import nn
from torch.nn.functional import gelu, pad

from common.layers import DropPath, LayerNorm, drop_rates, initialise

from .attention import neighbourhood_attention


class NeighbourhoodAttention(nn.Module):
    """Attention over neighbourhoods with its projections; small maps are enlarged by zeros."""

    def __init__(self, dim, heads, kernel, dilation):
        super().__init__()
        self.heads, self.kernel, self.dilation = heads, kernel, dilation
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim)
        self.rpb = nn.Parameter(torch.zeros(heads, 2 * kernel - 1, 2 * kernel - 1))
        self.proj = nn.Linear(dim, dim)
        nn.init.trunc_normal_(self.rpb, std=0.02)

    def forward(self, x):
        rows, cols = x.shape[1:3]
        least = self.kernel * self.dilation
        if rows < least or cols < least:
            x = pad(x, (0, 0, 0, max(0, least - cols), 0, max(0, least - rows)))
        # [b, y, x, 3hd] -> [3, b, h, y, x, d]
        query, key, value = self.qkv(x).unflatten(3, (3, self.heads, -1)).permute(3, 0, 4, 1, 2, 5)
        mixed = neighbourhood_attention(query * self.scale, key, value, self.rpb, self.kernel, self.dilation)
        mixed = mixed[:, :, :rows, :cols].permute(0, 2, 3, 1, 4).flatten(3)
        return self.proj(mixed)


class Mlp(nn.Module):
    """Two layers and GELU."""

    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(gelu(self.fc1(x)))


class Block(nn.Module):
    """NATLayer. In training its branches may be left out for some pictures (stochastic depth)."""

    def __init__(self, dim, heads, kernel, dilation, mlp_ratio, layer_scale, drop_path):
        super().__init__()
        self.norm1 = LayerNorm(dim)
        self.attn = NeighbourhoodAttention(dim, heads, kernel, dilation)
        self.norm2 = LayerNorm(dim)
        self.mlp = Mlp(dim, int(dim * mlp_ratio))
        self.kept = DropPath(drop_path)
        if layer_scale:
            self.gamma1 = nn.Parameter(torch.ones(dim))
            self.gamma2 = nn.Parameter(torch.ones(dim))
        else:
            self.gamma1 = self.gamma2 = 1.0

    def forward(self, x):
        x = x + self.kept(self.gamma1 * self.attn(self.norm1(x)))
        return x + self.kept(self.gamma2 * self.mlp(self.norm2(x)))


class ConvTokenizer(nn.Module):
    """Two convolutions of stride 2 and a norm: [b, 3, h, w] -> tokens."""

    def __init__(self, dim):
        super().__init__()
        half = dim // 2
        self.proj = nn.Sequential(nn.Conv2d(3, half, 3, 2, 1), nn.Conv2d(half, dim, 3, 2, 1))
        self.norm = LayerNorm(dim)

    def forward(self, x):
        return self.norm(self.proj(x).permute(0, 2, 3, 1))


class ConvDownsampler(nn.Module):
    """Halves the map, doubles the channels."""

    def __init__(self, dim):
        super().__init__()
        self.reduction = nn.Conv2d(dim, 2 * dim, 3, 2, 1, bias=False)
        self.norm = LayerNorm(2 * dim)

    def forward(self, x):
        return self.norm(self.reduction(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))


class Level(nn.Module):
    """Blocks of one resolution and the way to the next."""

    def __init__(self, config, index, rates):
        super().__init__()
        dim = config["embedDim"] * 2**index
        shared = (config["mlpRatio"], config.get("layerScale", False))
        heads, kernel = config["heads"][index], config["kernel"]
        self.blocks = nn.ModuleList(
            Block(dim, heads, kernel, dilation, *shared, rate) for dilation, rate in zip(config["dilations"][index], rates)
        )
        last = index == len(config["depths"]) - 1
        self.downsample = None if last else ConvDownsampler(dim)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x, x if self.downsample is None else self.downsample(x)


def build_stem_and_levels(module, config, drop_path):
    """Attach patch_embed and levels; stochastic depth grows linearly with depth."""
    module.patch_embed = ConvTokenizer(config["embedDim"])
    rates = drop_rates(drop_path, config["depths"])
    module.levels = nn.ModuleList(Level(config, index, rate) for index, rate in enumerate(rates))


class Classifier(nn.Module):
    """Backbone, norm, mean over the tokens, linear layer."""

    def __init__(self, config, classes, drop_path=0.0):
        super().__init__()
        build_stem_and_levels(self, config, drop_path)
        dim = config["embedDim"] * 2 ** (len(config["depths"]) - 1)
        self.norm = LayerNorm(dim)
        self.head = nn.Linear(dim, classes)
        self.apply(initialise)

    def forward(self, x):
        tokens = self.patch_embed(x)
        for level in self.levels:
            last, tokens = level(tokens)
        return self.head(self.norm(last).mean(dim=(1, 2)))


class DenseBackbone(nn.Module):
    """Four maps [b, c, h, w] at strides 4 to 32, each with its own norm."""

    def __init__(self, config, drop_path=0.0):
        super().__init__()
        build_stem_and_levels(self, config, drop_path)
        for index in range(len(config["depths"])):
            self.add_module(f"norm{index}", LayerNorm(config["embedDim"] * 2**index))
        self.apply(initialise)

    def forward(self, x):
        maps = []
        tokens = self.patch_embed(x)
        for index, level in enumerate(self.levels):
            last, tokens = level(tokens)
            maps.append(getattr(self, f"norm{index}")(last).permute(0, 3, 1, 2))
        return maps
