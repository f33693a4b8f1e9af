"""The authors' loss: cross entropy, and twenty times more of it along the borders of the mask."""

from torch.nn import functional as F

EDGE_WEIGHT = 20.0
EDGE_WIDTH = 7


def dilated(masks, reach):
    """Bool masks [..., h, w] grown by a plus-shaped kernel."""
    grown = masks.clone()
    for step in range(1, reach + 1):
        grown[..., step:, :] |= masks[..., :-step, :]
        grown[..., :-step, :] |= masks[..., step:, :]
        grown[..., step:] |= masks[..., :-step]
        grown[..., :-step] |= masks[..., step:]
    return grown


def edge_band(masks, width=EDGE_WIDTH):
    """Where dilation and erosion of masks by a plus-shaped kernel differ; bool."""
    inside = masks > 0.5
    return dilated(inside, width // 2) & dilated(~inside, width // 2)


def edge_loss(scores, masks, edge_weight=EDGE_WEIGHT):
    """Returns (cross entropy, edge term) of scores before the sigmoid [n, 1, h, w]."""
    each = F.binary_cross_entropy_with_logits(scores, masks, reduction="none")
    return each.mean(), edge_weight * (edge_band(masks) * each).mean()
