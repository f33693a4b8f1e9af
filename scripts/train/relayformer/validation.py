"""A look at averaged weights while training runs: F1 by kind on forgeries of photographs that training does not see."""

import numpy as np
import torch

from .forgery import KINDS
from .measures import overlap
from .packed import read_packed
from .relayformer import normalise

AT_ONCE = 16


@torch.no_grad()
def validate(model, path):
    """A line with the mean F1 of every kind, and the share of pixels flagged in untouched pictures; threshold 0.5."""
    pixels, masks, kinds = read_packed(path)
    device, found = next(model.parameters()).device, []
    for first in range(0, len(pixels), AT_ONCE):
        part = torch.from_numpy(pixels[first : first + AT_ONCE]).to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            found.append((model(normalise(part))[:, 0].float() > 0).cpu().numpy())
    found = np.concatenate(found)
    f1 = np.array([overlap(*pair)[0] for pair in zip(found, masks.astype(bool))])
    forged = [f"{kind} {f1[kinds == index].mean():.3f}" for index, kind in enumerate(KINDS[:-1])]
    untouched = kinds == len(KINDS) - 1
    return f"{', '.join(forged)}, all {f1[~untouched].mean():.3f}, untouched flagged {found[untouched].mean():.4f}"
