"""Train dsvt-mini: python3 -m dsvt.train [--steps 8000]. Stops and resumes at any time."""

import argparse
import math

import torch

from common.training import Schedule, Trainer

from . import config
from .losses import detection_losses
from .network import DSVT
from .pieces import Pieces

# What the opposite heading costs, of at most 2 * sqrt(2), after the first part of the training, in which it counts in full:
# by then the network tells front from rear where it can.
REVERSAL = 0.25
FULL_HEADING = 0.4
HEADING_WEIGHT = 2.0


def new_model(half=config.CROP / 2):
    """The network for a square map from -half to half; its weights fit any size."""
    extent = config.extent_of(half)
    return DSVT(config.model_config(extent), extent, config.VOXEL_SIZE, point_features=3)


def reversal_at(progress):
    """What the opposite heading costs at a progress from 0 to 1."""
    return REVERSAL if progress > FULL_HEADING else math.inf


def loss_of(model, batch, reversal):
    """The sum of the losses, and each of them."""
    outputs = model(batch.inputs, batch.cells)
    cell = [side * config.FEATURE_STRIDE for side in config.VOXEL_SIZE[:2]]
    with torch.autocast("cpu", enabled=False):
        losses = detection_losses(
            outputs, batch.heatmap, batch.cells, batch.boxes, model.extent, cell, reversal, HEADING_WEIGHT
        )
    return sum(losses.values()), {name: float(loss.detach()) for name, loss in losses.items()}


def main():
    """Train or resume."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--state", default=config.TRAIN_FOLDER / "mini.pt")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    model = new_model()
    schedule = Schedule(args.steps, args.rate, last_rate=args.rate / 100, warm_up=400, decay_of_average=0.998)
    trainer = Trainer(model, schedule, args.state, "cpu")

    def batches(step):
        return iter(torch.utils.data.DataLoader(Pieces(model, args.seed, step, args.batch), None, num_workers=args.workers))

    trainer.run(batches, lambda model, batch: loss_of(model, batch, reversal_at(trainer.steps / args.steps)))


if __name__ == "__main__":
    main()
