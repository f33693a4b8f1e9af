"""FaViT with the official key names; tokens are [batch, rows, cols, channels]."""

from torch import nn
from torch.nn.functional import gelu, pad

from common.layers import DropPath, LayerNorm, drop_rates, initialise

from .attention import FactorizedAttention, as_map, as_tokens

# Below, a stage is too small for its windows.
LEAST_SIDE = 97
# Norms of the blocks and of the stages; those of patches and of the global keys have PyTorch's own.
NORM_EPS = 1e-6


class DepthwiseConv(nn.Module):
    """3x3 convolution of each channel, which the official code wraps once more."""

    def __init__(self, channels):
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)

    def forward(self, x):
        return as_tokens(self.dwconv(as_map(x)))


class Mlp(nn.Module):
    """Linear layer, convolution of each channel, GELU, linear layer."""

    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.dwconv = DepthwiseConv(hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(gelu(self.dwconv(self.fc1(x))))


class Block(nn.Module):
    """Attention and MLP, each behind a norm and beside an identity."""

    def __init__(self, dim, heads, reduction, mlp_ratio, drop_path=0.0):
        super().__init__()
        self.norm1 = LayerNorm(dim, eps=NORM_EPS)
        self.attn = FactorizedAttention(dim, heads, reduction)
        self.norm2 = LayerNorm(dim, eps=NORM_EPS)
        self.mlp = Mlp(dim, int(dim * mlp_ratio))
        self.kept = DropPath(drop_path)

    def forward(self, x):
        x = x + self.kept(self.attn(self.norm1(x)))
        return x + self.kept(self.mlp(self.norm2(x)))


class PatchEmbed(nn.Module):
    """Convolution whose patches overlap, and a norm: [b, c, y, x] -> tokens."""

    def __init__(self, inputs, dim, taps, stride):
        super().__init__()
        self.proj = nn.Conv2d(inputs, dim, taps, stride, taps // 2)
        self.norm = LayerNorm(dim)

    def forward(self, x):
        return self.norm(as_tokens(self.proj(x)))


class Backbone(nn.Module):
    """Four stages: pictures [b, 3, h, w] -> maps [b, c, y, x] at strides 4 to 32."""

    def __init__(self, config, drop_path=0.0):
        super().__init__()
        widths = [3, *config["embedDims"]]
        for index, rates in enumerate(drop_rates(drop_path, config["depths"])):
            dim = widths[index + 1]
            taps, stride = (7, 4) if index == 0 else (3, 2)
            self.add_module(f"patch_embed{index + 1}", PatchEmbed(widths[index], dim, taps, stride))
            extents = (config["heads"][index], config["srRatios"][index], config["mlpRatios"][index])
            self.add_module(f"block{index + 1}", nn.ModuleList(Block(dim, *extents, rate) for rate in rates))
            self.add_module(f"norm{index + 1}", LayerNorm(dim, eps=NORM_EPS))
        self.stages = len(config["depths"])
        self.apply(initialise)

    def forward(self, x):
        x = pad(x, (0, max(0, LEAST_SIDE - x.shape[3]), 0, max(0, LEAST_SIDE - x.shape[2])))
        maps = []
        for index in range(1, self.stages + 1):
            tokens = getattr(self, f"patch_embed{index}")(x)
            for block in getattr(self, f"block{index}"):
                tokens = block(tokens)
            x = as_map(getattr(self, f"norm{index}")(tokens))
            maps.append(x)
        return maps


class Classifier(Backbone):
    """Mean over the tokens of the last stage, linear layer."""

    def __init__(self, config, classes, drop_path=0.0):
        super().__init__(config, drop_path)
        self.head = nn.Linear(config["embedDims"][-1], classes)
        initialise(self.head)

    def forward(self, x):
        return self.head(super().forward(x)[-1].mean(dim=(2, 3)))
