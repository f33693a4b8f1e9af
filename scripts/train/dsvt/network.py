"""DSVT with a CenterHead: modules and names of the authors' code (Haiyang-W/DSVT), for networks of one stage of pillars."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .voxels import Sets, grid_of, partition, voxelise

BATCH_NORM = {"eps": 1e-3, "momentum": 0.01}


class SegmentMax(torch.autograd.Function):
    """Maximum over runs of rows; equal maxima all receive the gradient."""

    @staticmethod
    def forward(ctx, rows, starts, counts):
        best = torch.from_numpy(np.maximum.reduceat(rows.detach().numpy(), starts.numpy(), axis=0))
        ctx.save_for_backward(rows, best, counts)
        return best

    @staticmethod
    def backward(ctx, gradient):
        rows, best, counts = ctx.saved_tensors
        chosen = rows == best.repeat_interleave(counts, dim=0)
        return gradient.repeat_interleave(counts, dim=0) * chosen, None, None


class PointLayer(nn.Module):
    """A linear layer over points, and its maximum over each voxel."""

    def __init__(self, before, after, last):
        super().__init__()
        self.last = last
        width = after if last else after // 2
        self.linear = nn.Linear(before, width, bias=False)
        self.norm = nn.BatchNorm1d(width, **BATCH_NORM)

    def forward(self, points, starts, counts):
        points = F.relu(self.norm(self.linear(points).float()))
        best = SegmentMax.apply(points, starts, counts)
        return best if self.last else torch.cat([points, best.repeat_interleave(counts, dim=0)], dim=1)


class VoxelEncoder(nn.Module):
    """The dynamic feature encoder: point features of any number of points to one row a voxel."""

    def __init__(self, before, filters):
        super().__init__()
        widths = [before, *filters]
        last = len(filters) - 1
        self.pfn_layers = nn.ModuleList(
            PointLayer(widths[index], widths[index + 1], index == last) for index in range(len(filters))
        )

    def forward(self, features, starts, counts):
        for layer in self.pfn_layers:
            features = layer(features, starts, counts)
        return features


class PositionEmbedding(nn.Module):
    """A small network over places in the window."""

    def __init__(self, width):
        super().__init__()
        self.position_embedding_head = nn.Sequential(
            nn.Linear(2, width), nn.BatchNorm1d(width), nn.ReLU(inplace=True), nn.Linear(width, width)
        )

    def forward(self, places):
        return self.position_embedding_head(places)


class InputLayer(nn.Module):
    """Holds the position embeddings of each block and each of its two layers."""

    def __init__(self, blocks, width):
        super().__init__()
        embeddings = (nn.ModuleList(PositionEmbedding(width) for _ in range(2)) for _ in range(blocks))
        self.posembed_layers = nn.ModuleList([nn.ModuleList(embeddings)])


class SetAttention(nn.Module):
    """Attention among the voxels of a set, and a feed-forward network."""

    def __init__(self, width, heads, inner, set_size):
        super().__init__()
        self.heads, self.set_size = heads, set_size
        self.self_attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def attend(self, x, positions, slots, count):
        width = x.shape[1]
        weight, bias = self.self_attn.in_proj_weight, self.self_attn.in_proj_bias
        query_key = F.linear(x + positions, weight[: 2 * width], bias[: 2 * width])
        value = F.linear(x, weight[2 * width :], bias[2 * width :])
        rows = torch.cat([query_key, value], dim=1)
        table = rows.new_zeros(count * self.set_size, 3 * width).index_copy(0, slots, rows)
        table = table.view(count, self.set_size, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        taken = torch.zeros(count * self.set_size, dtype=torch.bool).index_fill(0, slots, True)
        empty = ~taken.view(count, 1, 1, self.set_size)
        scores = (table[0] @ table[1].transpose(2, 3)).float() * (width // self.heads) ** -0.5
        weights = scores.masked_fill(empty, -1e9).softmax(dim=3).to(rows.dtype)
        mixed = (weights @ table[2]).transpose(1, 2).reshape(-1, width)
        return self.self_attn.out_proj(mixed[slots])

    def forward(self, x, positions, slots, count):
        x = self.norm1((x + self.attend(x, positions, slots, count)).float())
        return self.norm2((x + self.linear2(F.gelu(self.linear1(x)))).float())


class EncoderLayer(nn.Module):
    """Set attention with a residual around it."""

    def __init__(self, *sizes):
        super().__init__()
        self.win_attn = SetAttention(*sizes)
        self.norm = nn.LayerNorm(sizes[0])

    def forward(self, x, *where):
        return self.norm(self.win_attn(x, *where) + x)


class Block(nn.Module):
    """Two encoder layers: sets in y order, then in x order."""

    def __init__(self, *sizes):
        super().__init__()
        self.encoder_list = nn.ModuleList(EncoderLayer(*sizes) for _ in range(2))

    def forward(self, x, positions, sets):
        for index, layer in enumerate(self.encoder_list):
            x = layer(x, positions[index], sets.slots[index], sets.counts[index])
        return x


class Transformer(nn.Module):
    """The sparse transformer over pillars."""

    def __init__(self, config):
        super().__init__()
        inputs = config["INPUT_LAYER"]
        (set_size, blocks), width = inputs["set_info"][0], inputs["d_model"][0]
        sizes = (width, config["nhead"][0], config["dim_feedforward"][0], set_size)
        self.input_layer = InputLayer(blocks, width)
        self.stage_0 = nn.ModuleList(Block(*sizes) for _ in range(blocks))
        self.residual_norm_stage_0 = nn.ModuleList(nn.LayerNorm(width) for _ in range(blocks))
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(self, x, sets):
        for index, block in enumerate(self.stage_0):
            # The authors take the sets of one shift with the embeddings of both, and so do all published results.
            embeddings = self.input_layer.posembed_layers[0][index]
            positions = [embed(sets[shift].in_window) for shift, embed in enumerate(embeddings)]
            x = self.residual_norm_stage_0[index](block(x, positions, sets[index % 2]) + x)
        return x


def conv(before, after, size=3, stride=1):
    return nn.Conv2d(before, after, size, stride, size // 2, bias=False)


class ResidualBlock(nn.Module):
    """Two convolutions with a residual; a 1x1 convolution on the residual where there is `downsample_layer`."""

    def __init__(self, before, after, stride=1, downsample=False):
        super().__init__()
        self.conv1, self.bn1 = conv(before, after, 3, stride), nn.BatchNorm2d(after, **BATCH_NORM)
        self.conv2, self.bn2 = conv(after, after), nn.BatchNorm2d(after, **BATCH_NORM)
        self.downsample_layer = None
        if downsample:
            self.downsample_layer = nn.Sequential(conv(before, after, 1, stride), nn.BatchNorm2d(after, **BATCH_NORM))

    def forward(self, x):
        identity = x if self.downsample_layer is None else self.downsample_layer(x)
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)) + identity)


def upsampling(before, after, stride):
    """A transposed convolution whose pieces do not overlap."""
    return nn.Sequential(
        nn.ConvTranspose2d(before, after, stride, stride, bias=False), nn.BatchNorm2d(after, **BATCH_NORM), nn.ReLU()
    )


class MapNetwork(nn.Module):
    """The residual network over the map seen from above."""

    def __init__(self, config, before):
        super().__init__()
        self.blocks, self.deblocks = nn.ModuleList(), nn.ModuleList()
        ups = zip(config["UPSAMPLE_STRIDES"], config["NUM_UPSAMPLE_FILTERS"])
        levels = zip(config["LAYER_NUMS"], config["LAYER_STRIDES"], config["NUM_FILTERS"])
        for (layers, stride, width), (up, up_width) in zip(levels, ups):
            level = [ResidualBlock(before, width, stride, True)] + [ResidualBlock(width, width) for _ in range(layers)]
            self.blocks.append(nn.Sequential(*level))
            self.deblocks.append(upsampling(width, up_width, up))
            before = width

    def forward(self, x):
        outputs = []
        for block, deblock in zip(self.blocks, self.deblocks):
            x = block(x)
            outputs.append(deblock(x))
        return torch.cat(outputs, dim=1)


class Branch(nn.Sequential):
    """One output of the head: a hidden and a final convolution."""

    def __init__(self, width, after):
        hidden = nn.Sequential(conv(width, width), nn.BatchNorm2d(width, **BATCH_NORM), nn.ReLU())
        super().__init__(hidden, nn.Conv2d(width, after, 3, padding=1))
        nn.init.kaiming_normal_(hidden[0].weight)
        nn.init.kaiming_normal_(self[1].weight)
        nn.init.zeros_(self[1].bias)

    def at(self, patches, inside):
        """The output at the middles of patches [k, c, 5, 5] of the map; inside [k, 1, 3, 3]: not beyond its border."""
        hidden = F.relu(self[0][1](F.conv2d(patches, self[0][0].weight))) * inside
        return F.conv2d(hidden, self[1].weight, self[1].bias)[:, :, 0, 0]


class Head(nn.Module):
    """The CenterHead with one group of classes: a heatmap, and a box at each cell."""

    def __init__(self, config, before):
        super().__init__()
        width, branches = config["SHARED_CONV_CHANNEL"], config["SEPARATE_HEAD_CFG"]["HEAD_DICT"]
        self.shared_conv = nn.Sequential(conv(before, width), nn.BatchNorm2d(width, **BATCH_NORM), nn.ReLU())
        group = {name: Branch(width, branch["out_channels"]) for name, branch in branches.items()}
        group["hm"] = Branch(width, len(config["CLASS_NAMES_EACH_HEAD"][0]))
        nn.init.constant_(group["hm"][1].bias, -2.19)
        self.heads_list = nn.ModuleList([nn.ModuleDict(group)])

    def forward(self, x):
        """All outputs at all cells."""
        shared = self.shared_conv(x)
        return {name: branch(shared).float() for name, branch in self.heads_list[0].items()}

    def at(self, x, cells):
        """The heatmap, and the other outputs [k, c] at cells [k, 3]: map, row, column."""
        shared = self.shared_conv(x)
        maps, width, rows, columns = shared.shape
        padded = F.pad(shared, (2, 2, 2, 2)).permute(0, 2, 3, 1).reshape(-1, width)
        around = torch.arange(5)
        y, x = cells[:, 1, None, None] + around[:, None], cells[:, 2, None, None] + around
        index = (cells[:, 0, None, None] * (rows + 4) + y) * (columns + 4) + x
        patches = padded[index.reshape(-1)].view(-1, 5, 5, width).permute(0, 3, 1, 2)
        y, x = y[:, 1:4], x[:, :, 1:4]
        inside = ((y >= 2) & (y < rows + 2) & (x >= 2) & (x < columns + 2))[:, None].to(patches.dtype)
        boxes = {
            name: branch.at(patches, inside).float() for name, branch in self.heads_list[0].items() if name != "hm"
        }
        return {**boxes, "hm": self.heads_list[0]["hm"](shared).float()}


@dataclass(frozen=True)
class Inputs:
    """What the network takes: point features sorted by voxel, and where the voxels stand."""

    features: torch.Tensor
    starts: torch.Tensor
    counts: torch.Tensor
    cells: torch.Tensor
    maps: int
    # For each shift, with tensors in them; in_window counts from the middle of the window.
    sets: tuple


class DSVT(nn.Module):
    """The detector, up to the outputs of its head."""

    def __init__(self, model, extent, voxel_size, point_features):
        super().__init__()
        self.extent, self.voxel_size, self.config = extent, voxel_size, model
        self.grid = grid_of(extent, voxel_size)
        encoder = model["VFE"]
        before = point_features + (6 if encoder["USE_ABSLOTE_XYZ"] else 3)
        self.vfe = VoxelEncoder(before, encoder["NUM_FILTERS"])
        self.backbone_3d = Transformer(model["BACKBONE_3D"])
        width = model["BACKBONE_3D"]["INPUT_LAYER"]["d_model"][0]
        self.backbone_2d = MapNetwork(model["BACKBONE_2D"], width)
        self.dense_head = Head(model["DENSE_HEAD"], sum(model["BACKBONE_2D"]["NUM_UPSAMPLE_FILTERS"]))

    def inputs(self, points, maps):
        """Voxels and sets of points [n, 1 + f] of some scans; all of it on the CPU, in NumPy."""
        layer = self.config["BACKBONE_3D"]["INPUT_LAYER"]
        voxels = voxelise(points, self.extent, self.voxel_size, self.config["VFE"]["USE_ABSLOTE_XYZ"])
        grid, (set_size, _) = self.grid, layer["set_info"][0]
        windows = [np.array(layer["window_shape"][0]), np.array(layer["window_shape"][0]) * layer["hybrid_factor"]]
        sets = []
        for window, shift in zip(windows, layer["shifts_list"][0]):
            part = partition(voxels.coords, grid, window, shift, set_size)
            from_middle = (part.in_window - window[:2] / 2).astype(np.float32)
            slots = tuple(map(torch.from_numpy, part.slots))
            sets.append(Sets(slots, part.counts, torch.from_numpy(from_middle)))
        b, _, y, x = voxels.coords.T
        tensors = (voxels.features, voxels.starts, voxels.counts, (b * grid[1] + y) * grid[0] + x)
        return Inputs(*map(torch.from_numpy, tensors), maps, tuple(sets))

    def map_of(self, inputs):
        """Features of the pillars on the map [maps, c, y, x]."""
        x = self.vfe(inputs.features, inputs.starts, inputs.counts)
        x = self.backbone_3d(x, inputs.sets)
        columns, rows = int(self.grid[0]), int(self.grid[1])
        flat = x.new_zeros(inputs.maps * rows * columns, x.shape[1]).index_copy(0, inputs.cells, x)
        return flat.view(inputs.maps, rows, columns, -1).permute(0, 3, 1, 2)

    def forward(self, inputs, cells=None):
        """Outputs of the head: at all cells, or (training) boxes at chosen ones only."""
        x = self.backbone_2d(self.map_of(inputs))
        return self.dense_head(x) if cells is None else self.dense_head.at(x, cells)
