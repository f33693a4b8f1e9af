"""Train relayformer-mini: python3 -m relayformer.train [--minutes 90]. Stops and resumes at any time; see README.md."""

import argparse

import numpy as np
import torch

from common.training import Schedule, Trainer

from .config import CLIP_FRAMES, CLOSE_UP, MINI, SIDE, TRAIN_FOLDER
from .mask_loss import DISAGREEMENT_WEIGHTS, mask_loss
from .pool import CLIPS, POOL, Pool
from .relayformer import RelayFormer, normalise
from .start import start
from .validation import validate

# A close-up is a canvas of one tile, for a quarter of the price of one of four.
CLOSE_UPS, CANVASES = 48, 12
# Share of batches that are whole canvases, at the beginning and at the end.
CANVAS_SHARES = (0.3, 0.8)
# Splices teach what to look for: between these two the other kinds come in.
BASIC_UNTIL, ALL_FROM = 0.2, 0.5
# From this progress on every CLIP_PERIOD-th batch is one of clips.
CLIPS_FROM, CLIP_PERIOD = 0.8, 5
POOL_LOOK = 100
CROPPED_SHARE, LEAST_SIDE = 0.1, 96
START_PICTURES = 64
# Scores are compared with masks at every fourth pixel: tokens are 16 pixels wide.
STRIDE = 4
VALIDATE_EVERY_S = 150


def options():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bfloat16", type=int, default=1, help="1: multiply in bfloat16, 0: in float32")
    parser.add_argument("--state", default=str(TRAIN_FOLDER / "state.pt"))
    return parser.parse_args()


class Batches:
    """Batches of close-ups, of whole canvases and of clips."""

    def __init__(self, seed, device, progress):
        self.pictures, self.clips = Pool(POOL), Pool(CLIPS)
        self.seed, self.device, self.progress = seed, device, progress
        self.clips.refresh()
        self.pictures.refresh()

    def from_step(self, step):
        """Endless (pixels, masks, frames, size); drawn from the seed, the step and the shards that are there."""
        while True:
            if step % POOL_LOOK == 0:
                self.pictures.refresh()
            random = np.random.default_rng([self.seed, step])
            canvas_share = np.interp(self.progress(), (0, 1), CANVAS_SHARES)
            if self.progress() > CLIPS_FROM and self.clips.parts and step % CLIP_PERIOD == 0:
                yield self.canvases(self.clips, CLIP_FRAMES, random)
            elif random.random() < canvas_share:
                yield self.canvases(self.pictures, 1, random)
            else:
                yield *self.tensors(*self.pictures.draw(CLOSE_UPS, random, CLOSE_UP, self.basic())), 1, None
            step += 1

    def basic(self):
        """Share of pictures drawn from splices and untouched ones only."""
        return float(np.interp(self.progress(), (BASIC_UNTIL, ALL_FROM), (1, 0)))

    def tensors(self, pixels, masks):
        """Normalised pixels, and masks (at every STRIDE-th place) of pictures or of the frames of clips."""
        pixels = torch.from_numpy(pixels).flatten(0, -4).to(self.device)
        masks = torch.from_numpy(masks).flatten(0, -3)[:, None].to(self.device)
        return normalise(pixels), torch.nn.functional.avg_pool2d(masks.float(), STRIDE)

    def canvases(self, source, frames, random):
        pixels, masks = source.draw(CANVASES // frames, random, basic=self.basic() if frames == 1 else 0.0)
        size = None
        if random.random() < CROPPED_SHARE:
            # Small pictures: the rest of the canvas is black.
            size = tuple(int(length) for length in random.integers(LEAST_SIDE, SIDE + 1, 2))
            pixels[..., size[0] :, :, :], pixels[..., size[1] :, :] = 0, 0
            masks[..., size[0] :, :], masks[..., size[1] :] = 0, 0
        return *self.tensors(pixels, masks), frames, size


def loss_of(model, batch, progress):
    """Loss, and the agreement of the masks of the batch."""
    x, masks, frames, size = batch
    scores = model(x, frames, size, stride=STRIDE).float()
    parts = mask_loss(scores, masks, np.interp(progress, (BASIC_UNTIL, 1), DISAGREEMENT_WEIGHTS))
    found, true = scores.detach() > 0, masks > 0.5
    agreement = 2 * (found & true).sum() / ((found.sum() + true.sum()).clamp(min=1))
    return sum(parts), {"cross entropy": float(parts[0].detach()), "f1": float(agreement)}


class Watched(Trainer):
    """A trainer that judges its averaged weights now and then."""

    validated = 0.0

    def step(self, batch, loss_of):
        shown = super().step(batch, loss_of)
        if self.seconds - self.validated > VALIDATE_EVERY_S:
            self.validated = self.seconds
            print(f"validation {self.seconds:.0f} s: {validate(self.average)}", flush=True)
        return shown


def main():
    """Train or resume."""
    args = options()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    model = RelayFormer(MINI)
    schedule = Schedule(steps=0, rate=args.rate, last_rate=args.rate / 50, minutes=args.minutes, warm_up=150)

    def progress():
        return schedule.progress(trainer.steps, trainer.seconds)

    batches = Batches(args.seed, args.device, progress)
    start(model, torch.from_numpy(batches.pictures.parts[-1][0][:START_PICTURES]))
    # Steps of this size would soon mix content into the filters for high frequencies.
    model.vit.patch_embed.requires_grad_(False)
    trainer = Watched(model, schedule, args.state, args.device, bool(args.bfloat16))
    trainer.run(batches.from_step, lambda model, batch: loss_of(model, batch, progress()))


if __name__ == "__main__":
    main()
