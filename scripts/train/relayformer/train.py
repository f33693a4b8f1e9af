"""Train relayformer-mini: python3 -m relayformer.train [--minutes 90]. Stops and resumes at any time; see README.md."""

import argparse

import numpy as np
import torch

from common.training import Schedule, Trainer

from .config import CLIP_FRAMES, CLOSE_UP, MINI, SIDE, TRAIN_FOLDER
from .edge_loss import EDGE_WEIGHT, edge_loss
from .fresh import fresh_forgery
from .pool import CLIPS, POOL, Pool
from .relayformer import RelayFormer, normalise
from .start import start

# A close-up of one tile costs a quarter of a canvas of four and teaches as much; what tiles tell each other comes later.
CLOSE_UPS, CANVASES, CLOSE_UP_SHARE = 24, 8, 0.8
# Of the close-ups; the others are crops of the pool.
FRESH = 20
# Every fourth batch is one of clips, once there are some.
CLIP_PERIOD = 4
POOL_LOOK = 50
FIRST_EDGES = 0.7
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
            if self.progress() < CLOSE_UP_SHARE:
                yield self.close_ups(random)
            elif self.clips.parts and step % CLIP_PERIOD == 0:
                yield self.canvases(self.clips, CLIP_FRAMES, random)
            else:
                yield self.canvases(self.pictures, 1, random)
            step += 1

    def close_ups(self, random):
        pixels, masks = self.pictures.draw(CLOSE_UPS - FRESH, random, CLOSE_UP)
        fresh = [fresh_forgery(self.pictures, CLOSE_UP, random) for _ in range(FRESH)]
        pixels, masks = (np.concatenate([old, new]) for old, new in zip((pixels, masks), map(np.stack, zip(*fresh))))
        return *self.tensors(pixels, masks), 1, None

    def tensors(self, pixels, masks):
        """Normalised pixels and masks of pictures or of the frames of clips."""
        pixels = torch.from_numpy(pixels).flatten(0, -4).to(self.device)
        masks = torch.from_numpy(masks).flatten(0, -3)[:, None].to(self.device)
        return normalise(pixels), masks.float()

    def canvases(self, source, frames, random):
        pixels, masks = source.draw(CANVASES // frames, random)
        size = None
        if random.random() < CROPPED_SHARE:
            # Small pictures: the rest of the canvas is black.
            size = tuple(int(length) for length in random.integers(LEAST_SIDE, SIDE + 1, 2))
            pixels[..., size[0] :, :, :], pixels[..., size[1] :, :] = 0, 0
            masks[..., size[0] :, :], masks[..., size[1] :] = 0, 0
        return *self.tensors(pixels, masks), frames, size


def loss_of(model, batch, progress):
    """Loss, and the agreement of the masks of the batch. Borders count when regions are found: before, they are noise."""
    x, masks, frames, size = batch
    scores = model(x, frames, size).float()
    parts = edge_loss(scores, masks, EDGE_WEIGHT * max(progress - FIRST_EDGES, 0) / (1 - FIRST_EDGES))
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
