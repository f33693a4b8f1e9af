"""Train relayformer-mini: python3 -m relayformer.train [--minutes 90]. Stops and resumes at any time; see README.md."""

import argparse
from pathlib import Path

import numpy as np
import torch

from common.training import Schedule, Trainer, save_average

from .config import CLIP_FRAMES, CLOSE_UP, NETWORKS, SIDE, TRAIN_FOLDER, config_of
from .curriculum import (
    BASIC_UNTIL,
    CANVAS_SHARES,
    CLIP_PERIOD,
    CLIPS_FROM,
    CROPPED_SHARE,
    LEAST_SIDE,
    STRIDE,
    basic_share,
)
from .device_batches import DeviceBatches
from .mask_loss import CALM_WEIGHT, DISAGREEMENT_WEIGHTS, mask_loss
from .pool import CLIPS, POOL, Pool
from .relayformer import RelayFormer, load_exported, normalise
from .start import start
from .validation import validate

# A close-up is a canvas of one tile, for a quarter of the price of one of four.
CLOSE_UPS, CANVASES = 48, 12
POOL_LOOK = 100
START_PICTURES = 64
VALIDATE_EVERY_S, SAVE_EVERY_S = 60, 60


def options():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--calm", action="store_true", help="a last stretch against false alarms, see mask_loss.py")
    parser.add_argument("--bfloat16", type=int, default=1, help="1: multiply in bfloat16, 0: in float32")
    parser.add_argument("--network", choices=NETWORKS, default="mini")
    parser.add_argument("--model", help="an exported file: train its weights further, where no state is there yet")
    parser.add_argument("--photos", help="a folder of photographs: forge on the device instead of reading shards")
    parser.add_argument("--clips", help="packed clips, for training on --photos")
    parser.add_argument("--batch", type=int, default=64, help="canvases in a batch, for training on --photos")
    parser.add_argument("--most-photos", type=int, help="read no more photographs than this")
    parser.add_argument("--validation", default=str(TRAIN_FOLDER / "validation.npz"), help="a shard, packed or not")
    parser.add_argument("--average", help="write the averaged weights alone to this file as well")
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
                yield *self.tensors(*self.pictures.draw(CLOSE_UPS, random, CLOSE_UP, basic_share(self.progress()))), 1, None
            step += 1

    def start_pictures(self, count):
        """uint8 [n, s, s, 3]."""
        return torch.from_numpy(self.pictures.parts[-1][0][:count])

    def tensors(self, pixels, masks):
        """Normalised pixels, and masks (at every STRIDE-th place) of pictures or of the frames of clips."""
        pixels = torch.from_numpy(pixels).flatten(0, -4).to(self.device)
        masks = torch.from_numpy(masks).flatten(0, -3)[:, None].to(self.device)
        return normalise(pixels), torch.nn.functional.avg_pool2d(masks.float(), STRIDE)

    def canvases(self, source, frames, random):
        pixels, masks = source.draw(CANVASES // frames, random, basic=basic_share(self.progress()) if frames == 1 else 0.0)
        size = None
        if random.random() < CROPPED_SHARE:
            # Small pictures: the rest of the canvas is black.
            size = tuple(int(length) for length in random.integers(LEAST_SIDE, SIDE + 1, 2))
            pixels[..., size[0] :, :, :], pixels[..., size[1] :, :] = 0, 0
            masks[..., size[0] :, :], masks[..., size[1] :] = 0, 0
        return *self.tensors(pixels, masks), frames, size


def loss_of(model, batch, progress, calm=False):
    """Loss, and the agreement of the masks of the batch."""
    x, masks, frames, size = batch
    scores = model(x, frames, size, stride=STRIDE).float()
    disagreement_weight = float(np.interp(progress, (BASIC_UNTIL, 1), DISAGREEMENT_WEIGHTS))
    parts = mask_loss(scores, masks, 0.0, CALM_WEIGHT) if calm else mask_loss(scores, masks, disagreement_weight)
    found, true = scores.detach() > 0, masks > 0.5
    agreement = 2 * (found & true).sum() / ((found.sum() + true.sum()).clamp(min=1))
    return sum(parts), {"cross entropy": parts[0].detach(), "f1": agreement}


class Watched(Trainer):
    """A trainer that judges its averaged weights now and then, and writes them apart from its state."""

    save_every_s = SAVE_EVERY_S
    validated = 0.0
    validation_file = average_file = None

    def step(self, batch, loss_of):
        shown = super().step(batch, loss_of)
        if self.seconds - self.validated > VALIDATE_EVERY_S:
            self.validated = self.seconds
            print(f"validation {self.seconds:.0f} s: {validate(self.average, self.validation_file)}", flush=True)
        return shown

    def save(self):
        if self.average_file:
            save_average(self, self.average_file)
        super().save()


def batches_for(args, progress):
    """Batches of shards on disk, or of forgeries made on the device."""
    if args.photos:
        return DeviceBatches(args.photos, args.clips, args.batch, args.seed, args.device, progress, args.most_photos)
    return Batches(args.seed, args.device, progress)


def network_of(args, batches):
    """A network as a state has it that is there, which may have been deepened; else an exported one, or a new one."""
    if Path(args.state).exists():
        return RelayFormer(config_of(torch.load(args.state, map_location="cpu")["model"]))
    if args.model:
        return load_exported(args.model)
    model = RelayFormer(NETWORKS[args.network])
    start(model, batches.start_pictures(START_PICTURES))
    return model


def main():
    """Train or resume."""
    args = options()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    # Forging needs every bit: convolutions of float32 stay in float32.
    torch.backends.cudnn.allow_tf32 = False
    Path(args.state).parent.mkdir(parents=True, exist_ok=True)
    schedule = Schedule(steps=0, rate=args.rate, last_rate=args.rate / 50, minutes=args.minutes, warm_up=150, muon=True)
    trainers = []

    def progress():
        return schedule.progress(trainers[0].steps, trainers[0].seconds) if trainers else 0.0

    batches = batches_for(args, progress)
    model = network_of(args, batches)
    # Steps of this size would soon mix content into the filters for high frequencies.
    model.vit.patch_embed.requires_grad_(False)
    trainer = Watched(model, schedule, args.state, args.device, bool(args.bfloat16))
    trainer.validation_file, trainer.average_file = args.validation, args.average
    trainers.append(trainer)
    trainer.run(batches.from_step, lambda model, batch: loss_of(model, batch, progress(), args.calm))
    print(f"validation in the end: {validate(trainer.average, args.validation)}", flush=True)


if __name__ == "__main__":
    main()
