"""A ViT block with two sets of low-rank adapters: one for the tokens of a tile, one for relay tokens."""

import torch
from torch import nn
from torch.nn import functional as F

from .relay_rope import rotate


class LowRank(nn.Module):
    """The product A B, zero at the start."""

    def __init__(self, inputs, outputs, rank):
        super().__init__()
        self.lora_A = nn.Parameter(torch.randn(inputs, rank) * 0.01)
        self.lora_B = nn.Parameter(torch.zeros(rank, outputs))


class Adapted(nn.Module):
    """Linear layers whose weights get an adapter; `mode` is "loc" or "glo"."""

    def __init__(self, config):
        super().__init__()
        self.rank, self.scale = config["lora_rank"], config["lora_alpha"] / config["lora_rank"]

    def adapters(self, name, inputs, outputs):
        for mode in ("glo", "loc"):
            setattr(self, f"{name}_{mode}", LowRank(inputs, outputs, self.rank))

    def apply_linear(self, x, linear, name, mode):
        """The adapter is added to the weight: far cheaper than to apply it to every token."""
        adapter = getattr(self, f"{name}_{mode}")
        weight = linear.weight + self.scale * (adapter.lora_A @ adapter.lora_B).T
        return F.linear(x, weight, linear.bias)


class Attention(Adapted):
    def __init__(self, config):
        super().__init__(config)
        width = config["embed_dim"]
        self.heads = config["num_heads"]
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.adapters("qkv_lora", width, 3 * width)
        self.adapters("proj_lora", width, width)

    def forward(self, x, mode, angles):
        count, length, width = x.shape
        qkv = self.apply_linear(x, self.qkv, "qkv_lora", mode)
        q, k, v = qkv.view(count, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        if mode == "glo":
            q, k = rotate(q, angles), rotate(k, angles)
        scores = (q * (width // self.heads) ** -0.5) @ k.transpose(-2, -1)
        mixed = (scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(count, length, width)
        return self.apply_linear(mixed, self.proj, "proj_lora", mode)


class Mlp(Adapted):
    def __init__(self, config):
        super().__init__(config)
        width, hidden = config["embed_dim"], config["embed_dim"] * config["mlp_ratio"]
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.adapters("lora1", width, hidden)
        self.adapters("lora2", hidden, width)

    def forward(self, x, mode):
        return self.apply_linear(F.gelu(self.apply_linear(x, self.fc1, "lora1", mode)), self.fc2, "lora2", mode)


class Block(nn.Module):
    """[n, length, c] -> the same; `angles` of the relay tokens when mode is "glo"."""

    def __init__(self, config):
        super().__init__()
        width, eps = config["embed_dim"], config["block_norm_eps"]
        self.norm1, self.norm2 = nn.LayerNorm(width, eps), nn.LayerNorm(width, eps)
        self.attn, self.mlp = Attention(config), Mlp(config)

    def forward(self, x, mode, angles=None):
        x = x + self.attn(self.norm1(x), mode, angles)
        return x + self.mlp(self.norm2(x), mode)
