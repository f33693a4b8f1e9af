"""What training minimises: the authors' cross entropy, and how far the masks of forged pictures are from agreeing."""

from torch.nn import functional as F

# At the beginning, and at the end: agreement finds regions, cross entropy keeps untouched pictures empty.
DISAGREEMENT_WEIGHTS = (0.5, 0.15)
# A mask of less than this share of the picture says nothing about agreement.
LEAST_SHARE = 0.002


def mask_loss(scores, masks, disagreement_weight):
    """Returns (cross entropy, disagreement) of scores before the sigmoid [n, 1, h, w]; masks from 0 to 1."""
    entropy = F.binary_cross_entropy_with_logits(scores, masks)
    forged = (masks.mean(dim=(1, 2, 3)) > LEAST_SHARE).to(scores.dtype)
    found = scores.sigmoid()
    # One minus the F1 of a soft mask, picture by picture.
    both, total = (found * masks).sum(dim=(1, 2, 3)), (found + masks).sum(dim=(1, 2, 3))
    disagreement = ((1 - 2 * both / total.clamp(min=1e-6)) * forged).sum() / forged.sum().clamp(min=1)
    return entropy, disagreement_weight * disagreement
