"""Train mini-xs: python3 -m simplegvr.train [--minutes 36]. Stops and resumes at any time; see README.md."""

import argparse
import copy
import os
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from common.training import cosine, save_state, update_average

from .batched_clips import PHOTO_MIXES, ROOM, BatchedClips
from .cascade_start import initialise_cascade
from .clips import ClipBatches
from .config import MINI_XS, TRAIN_FOLDER
from .convolution_choice import choose_convolution
from .corpus import fetch_packages
from .crops import build_crops
from .picture_store import load_store
from .resize import resize
from .simplegvr import SimpleGvr
from .stages import FURTHER, STAGES, stage_loss, trainable
from .start import initialise
from .validation import gains, load_clips
from .weights import load_files, save_weights

SAVE_EVERY_S = 60
WARM_UP_STEPS = 50
START_BATCHES = 12
EMA_DECAY = 0.999
PRINT_EVERY_STEPS = 50
# At the end of the last stage most errors count squared, as they do in the decibels that are measured.
SQUARED_FROM = 0.7
EPSILON, LAST_EPSILON = 1e-3, 0.05


def options():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=36.0, help="training time of all stages together")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bfloat16", type=int, default=1, help="1: multiply in bfloat16, 0: in float32")
    parser.add_argument("--model", nargs="+", help="model files that together hold all tensors: train them further")
    parser.add_argument("--photos", help="folder of photographs: make the clips of them, on the device")
    parser.add_argument("--batch-scale", type=float, default=1.0, help="clips of a batch made of --photos, as a factor")
    parser.add_argument("--rate", type=float, help="first learning rate of the last stage, instead of its own")
    parser.add_argument("--validation", help="file of simplegvr.validation: print gains over Lanczos at every save")
    parser.add_argument("--weights", help="folder: keep the averaged weights there as model files at every save")
    parser.add_argument("--state", default=str(TRAIN_FOLDER / "state.pt"))
    return parser.parse_args()


def to_batch(scale, hr, lr, device):
    """uint8 clips -> (hr, lr, bicubic base) in [-1, 1]."""
    hr, lr = hr.to(device).float() / 127.5 - 1, lr.to(device).float() / 127.5 - 1
    base = resize(lr, hr.shape[3:]).clamp(-1, 1)
    assert hr.shape[3] == lr.shape[3] * scale
    return hr, lr, base


class Trainer:
    """Owns the model, its moving average, and the position in the schedule."""

    def __init__(self, args):
        self.args = args
        self.stages = FURTHER if args.model else STAGES
        if args.rate:
            last = self.stages[-1]
            self.stages = (*self.stages[:-1], replace(last, rates=(args.rate, last.rates[1])))
        self.device = torch.device(args.device)
        self.store = None
        if args.photos:
            least = max(mix.crop for mix in PHOTO_MIXES) + ROOM
            self.store = load_store(Path(args.photos), least, self.device)
            print(f"{len(self.store.sizes)} pictures, {len(self.store.values) / 1e6:.0f} million pixels", flush=True)
        self.validation = load_clips(args.validation, self.device) if args.validation else None
        self.model = SimpleGvr(MINI_XS).to(args.device)
        self.average = None
        self.optimiser = None
        self.stage_index = 0
        self.stage_seconds = 0.0
        self.steps = 0
        self.stage_steps = 0
        self.total_seconds = 0.0

    def start(self):
        """Resume from the state file, or initialise."""
        if os.path.exists(self.args.state):
            self.restore(torch.load(self.args.state, map_location=self.args.device))
            return
        if self.args.model:
            load_files(self.model, self.args.model)
            self.average = copy.deepcopy(self.model)
            self.make_optimiser()
            return
        batches = self.batches(self.stages[0])
        initialise(self.model, [next(batches) for _ in range(START_BATCHES)])
        self.average = copy.deepcopy(self.model)
        self.make_optimiser()

    def make_optimiser(self):
        stage = self.stages[self.stage_index]
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)
        chosen = trainable(self.model, stage)
        for parameter in chosen:
            parameter.requires_grad_(True)
        fused = {"fused": True} if self.device.type == "cuda" else {}
        self.optimiser = torch.optim.AdamW(chosen, lr=stage.rates[0], betas=(0.9, 0.99), weight_decay=1e-4, **fused)

    def restore(self, state):
        self.stage_index, self.stage_seconds, self.steps, self.stage_steps, self.total_seconds = state["position"]
        self.model.load_state_dict(state["model"])
        self.average = copy.deepcopy(self.model)
        self.average.load_state_dict(state["average"])
        self.make_optimiser()
        self.optimiser.load_state_dict(state["optimiser"])

    def save(self):
        state = {
            "position": (self.stage_index, self.stage_seconds, self.steps, self.stage_steps, self.total_seconds),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        save_state(state, self.args.state)
        if self.args.weights:
            summary = {"steps": self.steps, "hours": round(self.total_seconds / 3600, 2)}
            save_weights(Path(self.args.weights), self.average, summary)
        if self.validation is not None:
            self.average.eval()
            with self.autocast():
                print(f"over Lanczos, latent alone, without: {gains(self.average, self.validation)}", flush=True)

    def autocast(self):
        """bfloat16 multiplications are 2 to 5 times faster; weights and moving averages stay float32."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=bool(self.args.bfloat16))

    def compare_convolutions(self, batches):
        """Keep the faster form of the convolutions; the weights stay as they are."""
        batch = next(batches)

        def run():
            with self.autocast():
                loss, _ = stage_loss(self.model, self.stages[self.stage_index], batch)
            loss.backward()

        choose_convolution(run)
        self.optimiser.zero_grad(set_to_none=True)

    def rate(self, progress):
        """Cosine between the stage's rates by elapsed share, after a short warm-up by steps."""
        rates = self.stages[self.stage_index].rates
        return cosine(*rates, progress) * min(1.0, (self.stage_steps + 1) / WARM_UP_STEPS)

    def step(self, batch, progress):
        """One optimiser step. Returns (loss, gain over bicubic in dB), tensors: reading them makes the host wait."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate(progress)
        self.optimiser.zero_grad(set_to_none=True)
        last = self.stage_index == len(self.stages) - 1
        epsilon = LAST_EPSILON if last and progress >= SQUARED_FROM else EPSILON
        with self.autocast():
            loss, gain = stage_loss(self.model, self.stages[self.stage_index], batch, epsilon)
        loss.backward()
        parameters = self.optimiser.param_groups[0]["params"]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        # A gradient that overflowed is left out; asking whether one did would make the host wait.
        for parameter in parameters:
            if parameter.grad is not None:
                torch.nan_to_num_(parameter.grad, 0.0, 0.0, 0.0)
        self.optimiser.step()
        self.steps += 1
        self.stage_steps += 1
        update_average(self.average, self.model, EMA_DECAY, self.stage_steps)
        return loss.detach(), gain

    def finish_stage(self):
        """Continue from the averaged weights."""
        self.model.load_state_dict(self.average.state_dict())
        if self.stages[self.stage_index].name == "A":
            batches = self.batches(self.stages[1])
            initialise_cascade(self.model, [next(batches) for _ in range(START_BATCHES)])
            self.average.load_state_dict(self.model.state_dict())
        self.stage_index += 1
        self.stage_seconds = 0.0
        self.stage_steps = 0
        if self.stage_index < len(self.stages):
            self.make_optimiser()
            self.save()

    def batches(self, stage):
        """Endless training batches of a stage; never the same ones again after a resumption."""
        seed = [self.args.seed, self.stage_index, self.steps]
        if self.store is not None:
            scales = {mix.scale for mix in stage.mixes}
            mixes = [mix for mix in PHOTO_MIXES if mix.scale in scales]
            mixes = [mix._replace(batch=max(1, round(mix.batch * self.args.batch_scale))) for mix in mixes]
            return (to_batch(*item, self.device) for item in BatchedClips(self.store, mixes, seed))
        clips = ClipBatches(self.args.crops, stage.mixes, seed)
        loader = DataLoader(clips, batch_size=None, num_workers=1, prefetch_factor=8)
        return (to_batch(*item, self.args.device) for item in loader)

    def run(self):
        """Train through all stages."""
        while self.stage_index < len(self.stages):
            stage = self.stages[self.stage_index]
            self.run_stage(stage, self.batches(stage))
        self.save()

    def run_stage(self, stage, batches):
        """Train to the end of a stage."""
        smooth = {}
        if self.device.type == "cuda":
            self.compare_convolutions(batches)
        saved = time.monotonic()
        budget = stage.share * self.args.minutes * 60
        while self.stage_seconds < budget:
            begun = time.monotonic()
            batch = next(batches)
            loss, gain = self.step(batch, self.stage_seconds / budget)
            scale = batch[0].shape[3] // batch[1].shape[3]
            smooth[scale] = gain + 0.98 * (smooth.get(scale, gain) - gain)
            now = time.monotonic()
            self.stage_seconds += now - begun
            self.total_seconds += now - begun
            if self.steps % PRINT_EVERY_STEPS == 0:
                shown = " ".join(f"x{key} {float(value):+.2f}" for key, value in sorted(smooth.items()))
                print(f"{stage.name} step {self.steps} {self.stage_seconds / budget:.3f} loss {float(loss):.4f} {shown}", flush=True)
            if now - saved > SAVE_EVERY_S:
                self.save()
                # Saving and validation count: --minutes is the time on the clock.
                saved = time.monotonic()
                self.stage_seconds += saved - now
        self.finish_stage()


def main():
    """Prepare the data, then train or resume."""
    args = options()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    TRAIN_FOLDER.mkdir(parents=True, exist_ok=True)
    torch.backends.cudnn.benchmark = True
    args.crops = TRAIN_FOLDER / "crops.npy"
    if not args.photos:
        build_crops(fetch_packages(), args.crops)
    trainer = Trainer(args)
    trainer.start()
    trainer.run()


if __name__ == "__main__":
    main()
