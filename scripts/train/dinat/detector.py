"""Mask R-CNN on DiNAT with the official key names."""

import torch
from torch import nn
from torch.nn.functional import interpolate

from .backbone import DenseBackbone
from .boxes import align_regions, anchors_of, decode, levels_of, suppress

PROPOSAL_STDS = (1.0, 1.0, 1.0, 1.0)


class Convolution(nn.Module):
    """A convolution with bias under the name conv."""

    def __init__(self, inputs, outputs, size):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, padding=size // 2)

    def forward(self, x):
        return self.conv(x)


class Neck(nn.Module):
    """FPN: four maps of one width, and a fifth that takes every second place of the coarsest."""

    def __init__(self, inputs, config):
        super().__init__()
        channels = config["channels"]
        self.extra = config["levels"] - len(inputs)
        self.lateral_convs = nn.ModuleList(Convolution(count, channels, 1) for count in inputs)
        self.fpn_convs = nn.ModuleList(Convolution(channels, channels, 3) for _ in inputs)

    def forward(self, maps):
        merged = [lateral(each) for lateral, each in zip(self.lateral_convs, maps)]
        for level in range(len(merged) - 1, 0, -1):
            merged[level - 1] = merged[level - 1] + interpolate(merged[level], size=merged[level - 1].shape[2:])
        levels = [conv(each) for conv, each in zip(self.fpn_convs, merged)]
        for _ in range(self.extra):
            levels.append(levels[-1][:, :, ::2, ::2])
        return levels


class RpnHead(nn.Module):
    """Scores and corrections of the anchors, [b, anchors] and [b, anchors, 4] of each level."""

    def __init__(self, inputs, config):
        super().__init__()
        count = len(config["anchors"]["scales"]) * len(config["anchors"]["ratios"])
        self.rpn_conv = nn.Conv2d(inputs, config["channels"], 3, padding=1)
        self.rpn_cls = nn.Conv2d(config["channels"], count, 1)
        self.rpn_reg = nn.Conv2d(config["channels"], 4 * count, 1)

    def forward(self, levels):
        results = []
        for level in levels:
            shared = self.rpn_conv(level).relu()
            scores = self.rpn_cls(shared).permute(0, 2, 3, 1).flatten(1)
            deltas = self.rpn_reg(shared).permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, 4))
            results.append((scores.float(), deltas.float()))
        return results


class BoxHead(nn.Module):
    """Two shared layers, classes (the last one is the background) and corrections for each class."""

    def __init__(self, inputs, classes, config):
        super().__init__()
        flat = inputs * config["roiSize"] ** 2
        widths = [flat] + [config["fcChannels"]] * config["fcs"]
        self.shared_fcs = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        self.fc_cls = nn.Linear(widths[-1], classes + 1)
        self.fc_reg = nn.Linear(widths[-1], 4 * classes)

    def forward(self, regions):
        x = regions.flatten(1)
        for layer in self.shared_fcs:
            x = layer(x).relu()
        return self.fc_cls(x).float(), self.fc_reg(x).float().unflatten(1, (-1, 4))


class MaskHead(nn.Module):
    """Outlines [n, classes, 2 * side, 2 * side] as logits."""

    def __init__(self, inputs, classes, config):
        super().__init__()
        channels = config["channels"]
        widths = [inputs] + [channels] * config["convs"]
        self.convs = nn.ModuleList(Convolution(a, b, 3) for a, b in zip(widths, widths[1:]))
        self.upsample = nn.ConvTranspose2d(widths[-1], channels, 2, 2)
        self.conv_logits = nn.Conv2d(channels, classes, 1)

    def forward(self, regions):
        x = regions
        for conv in self.convs:
            x = conv(x).relu()
        return self.conv_logits(self.upsample(x).relu()).float()


class RoiHead(nn.Module):
    """Both heads of the second stage."""

    def __init__(self, config):
        super().__init__()
        channels, classes = config["neck"]["channels"], config["classes"]
        self.bbox_head = BoxHead(channels, classes, config["stages"][0])
        self.mask_head = MaskHead(channels, classes, config["mask"])


class MaskRcnnDinat(nn.Module):
    """The detector; its parts are called by training and by detect."""

    def __init__(self, config):
        super().__init__()
        self.config = config["detector"]
        inputs = [config["backbone"]["embedDim"] * 2**index for index in range(4)]
        self.backbone = DenseBackbone(config["backbone"])
        self.neck = Neck(inputs, self.config["neck"])
        self.rpn_head = RpnHead(self.config["neck"]["channels"], self.config["rpn"])
        self.roi_head = RoiHead(self.config)

    def anchors(self, levels):
        """Anchors of each level."""
        rule = self.config["rpn"]["anchors"]
        return [
            anchors_of(*level.shape[2:], stride, rule["scales"][0], tuple(rule["ratios"]))
            for level, stride in zip(levels, rule["strides"])
        ]

    @torch.no_grad()
    def proposals(self, anchors, predictions, picture, extent):
        """Boxes [n, 4] of one picture of the batch, best first; extent: height and width of the picture."""
        rule = self.config["proposals"]
        boxes, scores, groups = [], [], []
        for level, (references, (logits, deltas)) in enumerate(zip(anchors, predictions)):
            kept_scores, kept = logits[picture].sigmoid().topk(min(rule["preNms"], len(references)))
            boxes.append(decode(references[kept], deltas[picture, kept], PROPOSAL_STDS, extent))
            scores.append(kept_scores)
            groups.append(torch.full_like(kept, level))
        boxes, scores, groups = torch.cat(boxes), torch.cat(scores), torch.cat(groups)
        valid = (boxes[:, 2:] - boxes[:, :2] > rule["minSize"]).all(dim=1)
        boxes, scores, groups = boxes[valid], scores[valid], groups[valid]
        return boxes[suppress(boxes, scores, groups, rule["iou"])[: rule["postNms"]]]

    def regions(self, levels, picture, boxes, size, samples=0):
        """
        Pooled maps [n, c, size, size] of boxes of one picture, each from the level of its size.
        levels: of each level the maps of the pictures, apart: a slice of a batch would have a gradient of the batch's size.
        """
        rule = self.config["roi"]
        level_of = levels_of(boxes, rule["finestScale"], len(rule["strides"]))
        result = boxes.new_zeros(len(boxes), levels[0][0].shape[0], size, size)
        for level, stride in enumerate(rule["strides"]):
            chosen = (level_of == level).nonzero()[:, 0]
            if len(chosen):
                pooled = align_regions(levels[level][picture], boxes[chosen], stride, size, samples)
                result = result.index_copy(0, chosen, pooled)
        return result

    @torch.no_grad()
    def detect(self, x, extent):
        """Detections of one picture x [1, 3, h, w]: boxes in its pixels, scores, classes, mask probabilities."""
        levels = self.neck(self.backbone(x))
        boxes = self.proposals(self.anchors(levels), self.rpn_head(levels), 0, extent)
        levels = [level.unbind(0) for level in levels]
        stage, rule, mask = self.config["stages"][0], self.config["detections"], self.config["mask"]
        logits, deltas = self.roi_head.bbox_head(self.regions(levels, 0, boxes, stage["roiSize"]))
        scores = logits.softmax(dim=1)[:, :-1]
        boxes = decode(boxes[:, None].expand(-1, scores.shape[1], -1), deltas, stage["stds"], extent)
        rows, classes = (scores > rule["scoreThreshold"]).nonzero(as_tuple=True)
        boxes, scores = boxes[rows, classes], scores[rows, classes]
        kept = suppress(boxes, scores, classes, rule["iou"])[: rule["max"]]
        boxes, scores, classes = boxes[kept], scores[kept], classes[kept]
        masks = self.roi_head.mask_head(self.regions(levels, 0, boxes, mask["roiSize"]))
        return boxes, scores, classes, masks[torch.arange(len(kept)), classes].sigmoid()
