"""What a detector should answer for a picture, and how far its answer is from it; rules of mmdetection 2.19."""

from dataclasses import dataclass

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, l1_loss

from .boxes import align_regions, encode, overlaps
from .detector import PROPOSAL_STDS

RPN_POSITIVE, RPN_NEGATIVE = 0.7, 0.3
RPN_SAMPLES, RPN_POSITIVE_SHARE = 128, 0.5
REGION_POSITIVE, REGION_SAMPLES, REGION_POSITIVE_SHARE = 0.5, 48, 0.25
# Samples of a bin along each axis; inference takes as many as the bin has pixels, which is 1 to 4 here.
TRAINING_SAMPLES = 2


@dataclass
class Truth:
    """Of one picture: boxes [n, 4], classes [n], outlines [n, h, w]."""

    boxes: torch.Tensor
    classes: torch.Tensor
    masks: torch.Tensor


def assign(boxes, truth, positive, negative, best_too):
    """Index of the true box of each box, -1 for background, -2 for neither. best_too: each true box keeps its best."""
    result = torch.full((len(boxes),), -1)
    if len(truth) == 0:
        return result
    common = overlaps(boxes, truth)
    best, index = common.max(dim=1)
    result[best >= negative] = -2
    result[best >= positive] = index[best >= positive]
    if best_too:
        for number, most in enumerate(common.amax(dim=0)):
            if most >= negative:
                result[common[:, number] == most] = number
    return result


def sample(assigned, count, positive_share):
    """Random boxes: indices of positives and of negatives."""
    positive, negative = (assigned >= 0).nonzero()[:, 0], (assigned == -1).nonzero()[:, 0]
    positive = positive[torch.randperm(len(positive))[: int(count * positive_share)]]
    return positive, negative[torch.randperm(len(negative))[: count - len(positive)]]


def proposal_loss(anchors, predictions, truths):
    """Scores and corrections of the anchors."""
    references = torch.cat(anchors)
    logits = torch.cat([scores for scores, _ in predictions], dim=1)
    deltas = torch.cat([each for _, each in predictions], dim=1)
    of_scores, of_boxes, count = 0.0, 0.0, 0
    for picture, truth in enumerate(truths):
        assigned = assign(references, truth.boxes, RPN_POSITIVE, RPN_NEGATIVE, best_too=True)
        positive, negative = sample(assigned, RPN_SAMPLES, RPN_POSITIVE_SHARE)
        chosen = torch.cat([positive, negative])
        wanted = (torch.arange(len(chosen)) < len(positive)).float()
        of_scores = of_scores + binary_cross_entropy_with_logits(logits[picture, chosen], wanted, reduction="sum")
        if len(positive):
            aim = encode(references[positive], truth.boxes[assigned[positive]], PROPOSAL_STDS)
            of_boxes = of_boxes + l1_loss(deltas[picture, positive], aim, reduction="sum")
        count += len(chosen)
    return of_scores / count, of_boxes / count


def region_loss(model, levels, proposals, truths):
    """Classes, corrections and outlines of regions around the proposals."""
    rule, mask_rule = model.config["stages"][0], model.config["mask"]
    background = model.config["classes"]
    pooled, labels, references, aims, outlines, wanted_outlines = [], [], [], [], [], []
    for picture, truth in enumerate(truths):
        boxes = torch.cat([truth.boxes, proposals[picture]])
        assigned = assign(boxes, truth.boxes, REGION_POSITIVE, REGION_POSITIVE, best_too=False)
        positive, negative = sample(assigned, REGION_SAMPLES, REGION_POSITIVE_SHARE)
        chosen = torch.cat([positive, negative])
        pooled.append(model.regions(levels, picture, boxes[chosen], rule["roiSize"], TRAINING_SAMPLES))
        labels.append(torch.cat([truth.classes[assigned[positive]], torch.full((len(negative),), background)]))
        if len(positive):
            matched = assigned[positive]
            references.append(boxes[positive])
            aims.append(encode(boxes[positive], truth.boxes[matched], rule["stds"]))
            outlines.append(model.regions(levels, picture, boxes[positive], mask_rule["roiSize"], TRAINING_SAMPLES))
            side = 2 * mask_rule["roiSize"]
            for box, number in zip(boxes[positive], matched):
                wanted = align_regions(truth.masks[number][None], box[None], 1, side, TRAINING_SAMPLES)
                wanted_outlines.append((wanted[0, 0] >= 0.5).float())
    labels = torch.cat(labels)
    logits, deltas = model.roi_head.bbox_head(torch.cat(pooled))
    of_classes = cross_entropy(logits, labels)
    right = (logits.argmax(dim=1) == labels)[labels != background].float()
    if not aims:
        return of_classes, 0.0, 0.0, 0.0
    rows = (labels != background).nonzero()[:, 0]
    of_boxes = l1_loss(deltas[rows, labels[rows]], torch.cat(aims), reduction="sum") / len(labels)
    drawn = model.roi_head.mask_head(torch.cat(outlines))
    drawn = drawn[torch.arange(len(rows)), labels[rows]]
    of_masks = binary_cross_entropy_with_logits(drawn, torch.stack(wanted_outlines))
    return of_classes, of_boxes, of_masks, float(right.mean())


def detection_loss(model, pictures, truths):
    """Sum of all parts for a batch [b, 3, h, w], and numbers to print."""
    levels = model.neck(model.backbone(pictures))
    anchors = model.anchors(levels)
    predictions = model.rpn_head(levels)
    extent = pictures.shape[2:]
    proposals = [model.proposals(anchors, predictions, picture, extent) for picture in range(len(pictures))]
    apart = [level.float().unbind(0) for level in levels]
    parts = [*proposal_loss(anchors, predictions, truths), *region_loss(model, apart, proposals, truths)]
    names = ("rpn", "rpn_boxes", "classes", "boxes", "masks")
    shown = {name: float(part) for name, part in zip(names, parts)}
    return sum(parts[:5]), {**shown, "right": parts[5]}
