"""What training minimises: the authors' cross entropy, and how far the masks of forged pictures are from agreeing."""

from torch.nn import functional as F

# At the beginning, and at the end: agreement finds regions, cross entropy keeps untouched pictures empty.
DISAGREEMENT_WEIGHTS = (0.5, 0.15)
# How much untouched pictures count in the last stretch, which has no term for agreement: fewer false alarms.
CALM_WEIGHT = 3.0
# A mask of less than this share of the picture says nothing about agreement.
LEAST_SHARE = 0.002


def mask_loss(scores, masks, disagreement_weight, untouched_weight=1.0):
    """Returns (cross entropy, disagreement) of scores before the sigmoid [n, 1, h, w]; masks from 0 to 1."""
    forged = (masks.mean(dim=(1, 2, 3)) > LEAST_SHARE).to(scores.dtype)
    entropy = F.binary_cross_entropy_with_logits(scores, masks, reduction="none").mean(dim=(1, 2, 3))
    weights = forged + untouched_weight * (1 - forged)
    entropy = (entropy * weights).sum() / weights.sum()
    found = scores.sigmoid()
    # One minus the F1 of a soft mask, picture by picture.
    both, total = (found * masks).sum(dim=(1, 2, 3)), (found + masks).sum(dim=(1, 2, 3))
    disagreement = ((1 - 2 * both / total.clamp(min=1e-6)) * forged).sum() / forged.sum().clamp(min=1)
    return entropy, disagreement_weight * disagreement
