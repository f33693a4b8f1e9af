"""FPN neck of mmdetection and FPN head of mmsegmentation, with the official key names."""

from torch import nn
from torch.nn.functional import interpolate

from common.layers import ConvModule, enlarge

from .backbone import Backbone


class PlainConv(nn.Module):
    """A convolution, which the official code wraps once more."""

    def __init__(self, inputs, outputs, size):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, padding=size // 2)

    def forward(self, x):
        return self.conv(x)


class Fpn(nn.Module):
    """Maps of one width, each knowing the coarser ones."""

    def __init__(self, inputs, channels):
        super().__init__()
        self.lateral_convs = nn.ModuleList(PlainConv(count, channels, 1) for count in inputs)
        self.fpn_convs = nn.ModuleList(PlainConv(channels, channels, 3) for _ in inputs)

    def forward(self, maps):
        merged = [lateral(each) for lateral, each in zip(self.lateral_convs, maps)]
        for level in reversed(range(len(merged) - 1)):
            merged[level] = merged[level] + interpolate(merged[level + 1], merged[level].shape[2:], mode="nearest")
        return [conv(each) for conv, each in zip(self.fpn_convs, merged)]


class Doubled(nn.Module):
    """Twice as many rows and columns."""

    def forward(self, x):
        return enlarge(x, [2 * length for length in x.shape[2:]])


class SemanticFpnHead(nn.Module):
    """Every level is brought to the finest one in steps of two; classes of the sum."""

    def __init__(self, inputs, channels, classes, levels=4):
        super().__init__()
        self.scale_heads = nn.ModuleList(self.scale_head(inputs, channels, level) for level in range(levels))
        self.conv_seg = nn.Conv2d(channels, classes, 1)

    @staticmethod
    def scale_head(inputs, channels, level):
        steps = []
        for step in range(max(1, level)):
            steps.append(ConvModule(inputs if step == 0 else channels, channels, 3))
            if level > 0:
                steps.append(Doubled())
        return nn.Sequential(*steps)

    def forward(self, maps):
        total = self.scale_heads[0](maps[0])
        for head, each in zip(self.scale_heads[1:], maps[1:]):
            part = head(each)
            # Maps of odd sizes are not doubled exactly.
            total = total + (part if part.shape == total.shape else enlarge(part, total.shape[2:]))
        return self.conv_seg(total)


class SemanticFpnFavit(nn.Module):
    """Segmenter: normalised pictures [b, 3, h, w] -> logits at stride 4."""

    def __init__(self, config, drop_path=0.0):
        super().__init__()
        self.backbone = Backbone(config["backbone"], drop_path)
        self.neck = Fpn(config["backbone"]["embedDims"], config["pyramid"])
        self.decode_head = SemanticFpnHead(config["pyramid"], config["channels"], config["classes"])

    def forward(self, x):
        logits = self.decode_head(self.neck(self.backbone(x)))
        # The backbone enlarges small pictures.
        return logits[:, :, : -(-x.shape[2] // 4), : -(-x.shape[3] // 4)]
