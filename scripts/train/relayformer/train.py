"""Train relayformer-mini: python3 -m relayformer.train [--minutes 90]. Stops and resumes at any time; see README.md."""

import argparse

import numpy as np
import torch

from common.training import Schedule, Trainer

from .config import CLIP_FRAMES, CLOSE_UP, MINI, SIDE, TRAIN_FOLDER
from .edge_loss import EDGE_WEIGHT, edge_loss
from .pool import CLIPS, EASY_SHARDS, POOL, Pool
from .relayformer import RelayFormer, normalise
from .start import start

# A close-up of one tile costs a quarter of a canvas of four and teaches as much; what tiles tell each other comes later.
CLOSE_UPS, CANVASES, CLOSE_UP_SHARE = 16, 8, 0.75
# Plain splices are learnt first, and everything else from them.
EASY_SHARE, EASY_SPLICES, SPLICES = 0.3, 0.85, 0.5
# Every fourth batch is one of clips, once there are some.
CLIP_PERIOD = 4
POOL_LOOK = 50
EDGE_SHARE = 0.9
CROPPED_SHARE, LEAST_SIDE = 0.1, 96
START_PICTURES = 64


def options():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bfloat16", type=int, default=1, help="1: multiply in bfloat16, 0: in float32")
    parser.add_argument("--state", default=str(TRAIN_FOLDER / "state.pt"))
    return parser.parse_args()


class Batches:
    """Batches of close-ups at first, then of whole canvases and of clips."""

    def __init__(self, seed, device, progress):
        self.pictures, self.clips = Pool(POOL), Pool(CLIPS)
        self.seed, self.device, self.progress = seed, device, progress
        self.look()

    def look(self):
        """Take up new shards."""
        self.pictures.refresh()
        self.clips.refresh()

    def from_step(self, step):
        """Endless (pixels, masks, frames, size); drawn from the seed, the step and the shards that are there."""
        while True:
            if step % POOL_LOOK == 0:
                self.look()
            random = np.random.default_rng([self.seed, step])
            if self.progress() < EASY_SHARE:
                yield self.batch(self.pictures, CLOSE_UPS, 1, CLOSE_UP, random, EASY_SPLICES, EASY_SHARDS)
            elif self.progress() < CLOSE_UP_SHARE:
                yield self.batch(self.pictures, CLOSE_UPS, 1, CLOSE_UP, random, SPLICES)
            elif self.clips.parts and step % CLIP_PERIOD == 0:
                yield self.batch(self.clips, CANVASES, CLIP_FRAMES, SIDE, random)
            else:
                yield self.batch(self.pictures, CANVASES, 1, SIDE, random)
            step += 1

    def batch(self, source, count, frames, side, random, *choice):
        pixels, masks = source.draw(count // frames, random, side, *choice)
        pixels = torch.from_numpy(pixels).view(-1, side, side, 3).to(self.device)
        masks = torch.from_numpy(masks).view(-1, 1, side, side).to(self.device)
        size = None
        if side == SIDE and random.random() < CROPPED_SHARE:
            # Small pictures: the rest of the canvas is black.
            size = tuple(int(length) for length in random.integers(LEAST_SIDE, SIDE + 1, 2))
            pixels[:, size[0] :], pixels[:, :, size[1] :] = 0, 0
            masks[..., size[0] :, :], masks[..., size[1] :] = 0, 0
        return normalise(pixels), masks.float(), frames, size


def loss_of(model, batch, progress):
    """Loss, and the agreement of the masks of the batch. Borders count when regions are found: before, they are noise."""
    x, masks, frames, size = batch
    scores = model(x, frames, size).float()
    parts = edge_loss(scores, masks, EDGE_WEIGHT * min(progress / EDGE_SHARE, 1))
    found, true = scores.detach() > 0, masks > 0.5
    agreement = 2 * (found & true).sum() / ((found.sum() + true.sum()).clamp(min=1))
    return sum(parts), {"edge": float(parts[1].detach()), "f1": float(agreement)}


def main():
    """Train or resume."""
    args = options()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    model = RelayFormer(MINI)
    schedule = Schedule(steps=0, rate=args.rate, last_rate=args.rate / 50, minutes=args.minutes, warm_up=100)

    def progress():
        return schedule.progress(trainer.steps, trainer.seconds)

    batches = Batches(args.seed, args.device, progress)
    start(model, torch.from_numpy(batches.pictures.parts[-1][0][:START_PICTURES]))
    trainer = Trainer(model, schedule, args.state, args.device, bool(args.bfloat16))
    trainer.run(batches.from_step, lambda model, batch: loss_of(model, batch, progress()))


if __name__ == "__main__":
    main()
