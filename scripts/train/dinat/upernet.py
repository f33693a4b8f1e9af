"""UPerNet head of mmsegmentation and the whole segmenter, with the official key names."""

import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d

from common.layers import ConvModule, enlarge

from .backbone import DenseBackbone


class PooledModule(nn.Module):
    """A pooled map and its convolution, which the official code keeps under the name 1."""

    def __init__(self, scale, inputs, outputs):
        super().__init__()
        self.scale = scale
        self.add_module("1", ConvModule(inputs, outputs, 1))

    def forward(self, x):
        return enlarge(getattr(self, "1")(adaptive_avg_pool2d(x, self.scale)), x.shape[2:])


class UperNetHead(nn.Module):
    """Pyramid pooling, a feature pyramid, classes at stride 4."""

    def __init__(self, inputs, channels, classes, pool_scales):
        super().__init__()
        self.psp_modules = nn.ModuleList(PooledModule(scale, inputs[3], channels) for scale in pool_scales)
        self.bottleneck = ConvModule(inputs[3] + len(pool_scales) * channels, channels, 3)
        self.lateral_convs = nn.ModuleList(ConvModule(count, channels, 1) for count in inputs[:3])
        self.fpn_convs = nn.ModuleList(ConvModule(channels, channels, 3) for _ in range(3))
        self.fpn_bottleneck = ConvModule(4 * channels, channels, 3)
        self.conv_seg = nn.Conv2d(channels, classes, 1)

    def forward(self, maps):
        coarse = maps[3]
        pooled = [module(coarse) for module in self.psp_modules]
        merged = [lateral(each) for lateral, each in zip(self.lateral_convs, maps)]
        merged.append(self.bottleneck(torch.cat([coarse, *pooled], dim=1)))
        for level in (3, 2, 1):
            merged[level - 1] = merged[level - 1] + enlarge(merged[level], merged[level - 1].shape[2:])
        outputs = [conv(each) for conv, each in zip(self.fpn_convs, merged)] + [merged[3]]
        joined = torch.cat([outputs[0], *(enlarge(each, outputs[0].shape[2:]) for each in outputs[1:])], dim=1)
        return self.conv_seg(self.fpn_bottleneck(joined))


class UperNetDinat(nn.Module):
    """Segmenter: normalised pictures [b, 3, h, w] -> logits at stride 4."""

    def __init__(self, config, drop_path=0.0):
        super().__init__()
        self.backbone = DenseBackbone(config["backbone"], drop_path)
        inputs = [config["backbone"]["embedDim"] * 2**index for index in range(4)]
        self.decode_head = UperNetHead(inputs, config["channels"], config["classes"], config["poolScales"])

    def forward(self, x):
        return self.decode_head(self.backbone(x))
