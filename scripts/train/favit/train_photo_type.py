"""Train favit-photo-type: python3 -m favit.train_photo_type [--steps 1700]. Stops and resumes at any time."""

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from common.options import train_options
from common.training import Schedule, Trainer, load_average

from .backbone import Classifier
from .config import PHOTO_TYPE, TRAIN_FOLDER, TYPES
from .photo_crops import Crops
from .photo_types import load_cut_outs, load_photos

BATCH = 32
LABEL_SMOOTHING = 0.1
# Half of the batches are mixed with themselves in another order, by shares of the beta distribution.
MIXED_SHARE, MIXED_BETA = 0.5, 0.4


def mixed(batches, seed, first_step):
    """Pictures, their types, the types of what was mixed in, and its share."""
    for step, (pictures, types) in enumerate(batches, first_step):
        random = np.random.default_rng([seed, step, 1])
        share = float(random.beta(MIXED_BETA, MIXED_BETA)) if random.random() < MIXED_SHARE else 0.0
        order = torch.from_numpy(random.permutation(len(types)))
        yield pictures.lerp(pictures[order], share), types, types[order], share


def loss_of(model, batch):
    """Cross entropy with smoothed labels, and the share that was right."""
    pictures, types, others, share = batch
    logits = model(pictures).float()
    loss = (1 - share) * cross_entropy(logits, types, label_smoothing=LABEL_SMOOTHING)
    loss = loss + share * cross_entropy(logits, others, label_smoothing=LABEL_SMOOTHING)
    return loss, {"right": float((logits.argmax(dim=1) == (types if share < 0.5 else others)).float().mean())}


def main():
    """Train or resume."""
    args = train_options(__doc__, TRAIN_FOLDER, "photo-type", steps=1700, rate=1e-3, side=128)
    crops = Crops(*load_photos("train"), list(load_cut_outs()), TYPES, args.side)
    model = Classifier(PHOTO_TYPE["backbone"], len(TYPES), drop_path=0.1)
    if args.start:
        load_average(model, args.start)
    schedule = Schedule(args.steps, args.rate, last_rate=1e-5, warm_up=150, decay_of_average=0.998, muon=True)
    trainer = Trainer(model, schedule, args.state, args.device, bool(args.bfloat16))
    trainer.run(lambda first: mixed(crops.batches(BATCH, args.seed, args.device, first), args.seed, first), loss_of)


if __name__ == "__main__":
    main()
