"""The training loop: stages, the moving average of the weights, stopping and resuming."""

import copy
import os
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import torch

from common.training import cosine, save_state, update_average

from .batches import BatchSource
from .cascade_start import initialise_cascade
from .config import MINI_XS
from .convolution_choice import choose_convolution
from .optimiser import descend, make_optimiser
from .simplegvr import SimpleGvr
from .stages import FURTHER, STAGES, stage_loss
from .start import initialise
from .validation import gains, load_clips
from .weights import load_files, save_weights

SAVE_EVERY_S = 60
VALIDATE_EVERY_S = 600
WARM_UP_STEPS = 50
START_BATCHES = 12
EMA_DECAY = 0.999
PRINT_EVERY_STEPS = 50
# At the end of the last stage most errors count squared, as they do in the decibels that are measured.
SQUARED_FROM = 0.5
EPSILON, LAST_EPSILON = 1e-3, 0.05


class Trainer:
    """Owns the model, its moving average, and the position in the schedule."""

    def __init__(self, args):
        self.args = args
        self.stages = FURTHER if args.model else STAGES
        if args.rate:
            last = self.stages[-1]
            self.stages = (*self.stages[:-1], replace(last, rates=(args.rate, last.rates[1])))
        self.device = torch.device(args.device)
        self.source = BatchSource(args.photos, args.batch_scale, self.device)
        self.validation = load_clips(args.validation, self.device) if args.validation else None
        self.model = SimpleGvr(MINI_XS).to(args.device)
        self.average = None
        self.optimiser = None
        self.stage_index = 0
        self.stage_seconds = 0.0
        self.steps = 0
        self.stage_steps = 0
        self.total_seconds = 0.0

    @property
    def stage(self):
        """The stage to train; the last one after all of them."""
        return self.stages[min(self.stage_index, len(self.stages) - 1)]

    def start(self):
        """Resume from the state file, or initialise."""
        if os.path.exists(self.args.state):
            self.restore(torch.load(self.args.state, map_location=self.args.device))
            return
        if self.args.model:
            load_files(self.model, self.args.model)
        else:
            initialise(self.model, self.start_batches(self.stages[0]))
        self.average = copy.deepcopy(self.model)
        self.optimiser = make_optimiser(self.model, self.stage)

    def restore(self, state):
        self.stage_index, self.stage_seconds, self.steps, self.stage_steps, self.total_seconds = state["position"]
        self.model.load_state_dict(state["model"])
        self.average = copy.deepcopy(self.model)
        self.average.load_state_dict(state["average"])
        self.optimiser = make_optimiser(self.model, self.stage)
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

    def validate(self):
        if self.validation is None:
            return
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
                loss, _ = stage_loss(self.model, self.stage, batch)
            loss.backward()

        choose_convolution(run)
        self.optimiser.zero_grad(set_to_none=True)

    def rate(self, progress):
        """Cosine between the stage's rates by elapsed share, after a short warm-up by steps."""
        rates = self.stage.rates
        return cosine(*rates, progress) * min(1.0, (self.stage_steps + 1) / WARM_UP_STEPS)

    def step(self, batch, progress):
        """One optimiser step. Returns (loss, gain over bicubic in dB), tensors: reading them makes the host wait."""
        last = self.stage_index == len(self.stages) - 1
        epsilon = LAST_EPSILON if last and progress >= SQUARED_FROM else EPSILON
        with self.autocast():
            loss, gain = stage_loss(self.model, self.stage, batch, epsilon)
        descend(self.optimiser, loss, self.rate(progress))
        self.steps += 1
        self.stage_steps += 1
        update_average(self.average, self.model, EMA_DECAY, self.stage_steps)
        return loss.detach(), gain

    def finish_stage(self):
        """Continue from the averaged weights."""
        self.model.load_state_dict(self.average.state_dict())
        if self.stage.name == "A":
            initialise_cascade(self.model, self.start_batches(self.stages[1]))
            self.average.load_state_dict(self.model.state_dict())
        self.stage_index += 1
        self.stage_seconds = 0.0
        self.stage_steps = 0
        if self.stage_index < len(self.stages):
            self.optimiser = make_optimiser(self.model, self.stage)
            self.save()

    def batches(self, stage):
        """Endless training batches of a stage; never the same ones again after a resumption."""
        return self.source.batches(stage.scales, [self.args.seed, self.stage_index, self.steps])

    def start_batches(self, stage):
        """Batches that fix the start values."""
        return list(islice(self.batches(stage), START_BATCHES))

    def run(self):
        """Train through all stages."""
        while self.stage_index < len(self.stages):
            self.run_stage(self.batches(self.stage))
        self.save()
        self.validate()

    def run_stage(self, batches):
        """Train to the end of the stage."""
        smooth = {}
        if self.device.type == "cuda":
            self.compare_convolutions(batches)
        saved = validated = time.monotonic()
        budget = self.stage.share * self.args.minutes * 60
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
                print(f"{self.stage.name} step {self.steps} {self.stage_seconds / budget:.3f} loss {float(loss):.4f} {shown}", flush=True)
            if now - saved > SAVE_EVERY_S:
                self.save()
                if now - validated > VALIDATE_EVERY_S:
                    self.validate()
                    validated = time.monotonic()
                # Saving and validation count: --minutes is the time on the clock.
                saved = time.monotonic()
                self.stage_seconds += saved - now
        self.finish_stage()
