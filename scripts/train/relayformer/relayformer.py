"""RelayFormer in PyTorch, with the authors' names of weights; the same network as packages/relayformer."""

import torch
from torch import nn
from torch.nn import functional as F

from common.tensor_file import read_tensors

from .adapted_block import Block
from .config import config_of
from .mask_decoder import MaskDecoder
from .relay_rope import relay_angles, relay_positions
from .tiles import average_overlaps, cut, grid_of, partition_of, stitch

PATCH = 16
OUTSIDE_SCORE = -10.0
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def normalise(pixels):
    """uint8 [..., h, w, 3] -> float32 [..., 3, h, w] with the statistics of ImageNet."""
    mean, std = (255 * torch.tensor(values, device=pixels.device) for values in (MEAN, STD))
    x = (pixels.float() - mean) * (1 / std)
    return x.movedim(-1, -3)


def on_canvas(pixels, side):
    """uint8 [..., h, w, 3] at the top left of a black square; what exceeds it is cut off."""
    height, width = (min(length, side) for length in pixels.shape[-3:-1])
    kept = pixels[..., :height, :width, :]
    return F.pad(kept, (0, 0, 0, side - width, 0, side - height))


def resampled_positions(positions, prefix, size):
    """Position rows for tiles of size x size tokens; bicubic with antialiasing, the first rows as they are."""
    grid = round((positions.shape[1] - prefix) ** 0.5)
    if grid == size:
        return positions
    rows = positions[:, prefix:].unflatten(1, (grid, grid)).permute(0, 3, 1, 2).float()
    rows = F.interpolate(rows, (size, size), mode="bicubic", antialias=True, align_corners=False)
    return torch.cat([positions[:, :prefix], rows.permute(0, 2, 3, 1).flatten(1, 2)], dim=1)


def halves(x):
    """bfloat16 numbers whose sum is x, nearly."""
    first = x.bfloat16()
    return first, (x - first.float()).bfloat16()


def exact_linear(x, weight, bias):
    """A product that keeps grain: rounded to bfloat16, a bright pixel is off by up to half a level of 255."""
    if x.device.type != "cpu" or not torch.is_autocast_cpu_enabled():
        with torch.autocast(x.device.type, enabled=False):
            return F.linear(x.float(), weight, bias)
    (x_first, x_rest), (weight_first, weight_rest) = halves(x), halves(weight)
    parts = torch.cat([x_first, x_rest, x_first], dim=-1), torch.cat([weight_first, weight_first, weight_rest], dim=-1)
    return F.linear(*parts, bias)


class Vit(nn.Module):
    """The weights of the encoder."""

    def __init__(self, config):
        super().__init__()
        width, tokens = config["embed_dim"], config["tokens_per_patch"]
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        if tokens > 1:
            self.reg_token = nn.Parameter(torch.randn(1, tokens - 1, width) * 0.02)
        self.pos_embed = nn.Parameter(torch.randn(1, tokens + config["pos_embed_grid"] ** 2, width) * 0.02)
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, PATCH, PATCH)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config["depth"]))
        self.norm = nn.LayerNorm(width, config["final_norm_eps"])

    def relay_tokens(self):
        return torch.cat([self.cls_token, self.reg_token], dim=1) if hasattr(self, "reg_token") else self.cls_token

    def embed(self, x):
        """[n, 3, S, S] -> map of patches [n, S/16, S/16, c]; as a product of matrices, which trains faster."""
        count, _, side, _ = x.shape
        cells = x.view(count, 3, side // PATCH, PATCH, side // PATCH, PATCH).permute(0, 2, 4, 1, 3, 5).flatten(3)
        return exact_linear(cells, self.patch_embed.proj.weight.flatten(1), self.patch_embed.proj.bias)


class RelayFormer(nn.Module):
    """forward: samples of the same size -> scores before the sigmoid."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.vit = Vit(config)
        self.mask_decoder = MaskDecoder(config["embed_dim"], **config["decoder"], eps=config["decoder_norm_eps"])

    def tile_tokens(self, x, partition):
        """Canvases [n, 3, S, S] -> [n, tiles, relay + f*f, c]."""
        tiles = cut(self.vit.embed(x), partition)
        relay = self.vit.relay_tokens()
        positions = resampled_positions(self.vit.pos_embed, relay.shape[1], partition.size)
        relay = relay.expand(*tiles.shape[:2], -1, -1)
        return torch.cat([relay, tiles.to(relay.dtype)], dim=2) + positions

    def encode(self, x, frames, partition, keep):
        """Tokens of `samples * frames` canvases -> stitched maps; keep(name, tensor) sees what lies between."""
        count = self.config["tokens_per_patch"]
        tokens = self.tile_tokens(x, partition)
        keep("tokens0", tokens)
        angles = relay_angles(relay_positions(frames, partition, count)).to(x.device)
        for index, block in enumerate(self.vit.blocks):
            tokens = block(tokens.flatten(0, 1), "loc").view(tokens.shape)
            keep(f"block{index:02}.local", tokens)
            relay, patches = tokens[:, :, :count], average_overlaps(tokens[:, :, count:], partition)
            if index + 1 < len(self.vit.blocks):
                # All relay tokens of a sample are one sequence; the next block's weights carry it.
                sequence = relay.reshape(-1, frames * partition.count * count, relay.shape[-1])
                sequence = self.vit.blocks[index + 1](sequence, "glo", angles)
                keep(f"block{index + 1:02}.relay", sequence)
                relay = sequence.view(relay.shape)
            tokens = torch.cat([relay, patches], dim=2)
        tokens = self.vit.norm(tokens)
        keep("final_norm", tokens)
        return stitch(tokens[:, :, count:], partition)

    def forward(self, x, frames=1, size=None, keep=lambda name, tensor: None, stride=1):
        """
        Normalised canvases [samples * frames, 3, S, S], all holding pictures of `size` (h, w; default: the whole canvas).
        Returns scores [samples * frames, 1, S / stride, S / stride]; OUTSIDE_SCORE where no tile lies.
        """
        side, grid = x.shape[-1], grid_of(self.config, x.shape[-1])
        partition = partition_of(self.config, side, *(size or (side, side)))
        scores = self.mask_decoder(self.encode(x, frames, partition, keep))
        keep("decoder_out", scores)
        extent = tuple(count * side // grid // stride for count in (partition.rows, partition.columns))
        scores = F.interpolate(scores, extent, mode="bilinear", align_corners=False)
        return F.pad(scores, (0, side // stride - extent[1], 0, side // stride - extent[0]), value=OUTSIDE_SCORE)


def load_exported(path):
    """The network that is in a file of weights."""
    tensors = {name: value.float() for name, value in read_tensors(path)[0].items()}
    model = RelayFormer(config_of(tensors))
    model.load_state_dict(tensors)
    return model
