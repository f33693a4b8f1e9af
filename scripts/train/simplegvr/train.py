"""Train mini-xs: python3 -m simplegvr.train [--minutes 36]. Stops and resumes at any time; see README.md."""

import argparse
import copy
import os
import time

import torch
from torch.utils.data import DataLoader

from common.tensor_file import read_tensors
from common.training import cosine, save_state, update_average

from .cascade_start import initialise_cascade
from .clips import ClipBatches
from .config import MINI_XS, TRAIN_FOLDER
from .corpus import fetch_packages
from .crops import build_crops
from .resize import resize
from .simplegvr import SimpleGvr
from .stages import FURTHER, STAGES, stage_loss, trainable
from .start import initialise

SAVE_EVERY_S = 180
WARM_UP_STEPS = 50
START_BATCHES = 12
EMA_DECAY = 0.999


def options():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=36.0, help="training time of all stages together")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bfloat16", type=int, default=1, help="1: multiply in bfloat16, 0: in float32")
    parser.add_argument("--model", help="a model file: train it further")
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
            self.model.load(read_tensors(self.args.model)[0])
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
        self.optimiser = torch.optim.AdamW(chosen, lr=stage.rates[0], betas=(0.9, 0.99), weight_decay=1e-4)

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

    def rate(self, progress):
        """Cosine between the stage's rates by elapsed share, after a short warm-up by steps."""
        rates = self.stages[self.stage_index].rates
        return cosine(*rates, progress) * min(1.0, (self.stage_steps + 1) / WARM_UP_STEPS)

    def step(self, batch, progress):
        """One optimiser step. Returns (loss, gain over bicubic in dB)."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate(progress)
        self.optimiser.zero_grad(set_to_none=True)
        # bfloat16 multiplications are 2 to 5 times faster here; weights and moving averages stay float32.
        with torch.autocast(self.args.device, dtype=torch.bfloat16, enabled=bool(self.args.bfloat16)):
            loss, gain = stage_loss(self.model, self.stages[self.stage_index], batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.optimiser.param_groups[0]["params"], 1.0)
        self.optimiser.step()
        self.steps += 1
        self.stage_steps += 1
        update_average(self.average, self.model, EMA_DECAY, self.stage_steps)
        return float(loss), gain

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
        saved = time.monotonic()
        smooth = {}
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
            if self.steps % 50 == 0:
                gains = " ".join(f"x{key} {value:+.2f}" for key, value in sorted(smooth.items()))
                print(f"{stage.name} step {self.steps} {self.stage_seconds / budget:.3f} loss {loss:.4f} {gains}", flush=True)
            if now - saved > SAVE_EVERY_S:
                self.save()
                saved = now
        self.finish_stage()


def main():
    """Prepare the data, then train or resume."""
    args = options()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    TRAIN_FOLDER.mkdir(parents=True, exist_ok=True)
    args.crops = TRAIN_FOLDER / "crops.npy"
    build_crops(fetch_packages(), args.crops)
    trainer = Trainer(args)
    trainer.start()
    trainer.run()


if __name__ == "__main__":
    main()
