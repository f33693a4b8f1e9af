"""A training loop that stops and resumes at any step."""

import copy
import math
import os
import time
from dataclasses import dataclass

import torch

from .muon import Muon


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train; a number of minutes takes the place of the number of steps."""

    steps: int
    rate: float
    last_rate: float
    minutes: float = 0.0
    warm_up: int = 300
    weight_decay: float = 0.05
    decay_of_average: float = 0.999
    muon: bool = False

    def progress(self, steps, seconds):
        """From 0 to 1."""
        return seconds / (60 * self.minutes) if self.minutes else steps / self.steps


def cosine(first, last, progress):
    """From first to last over a progress from 0 to 1."""
    return last + (first - last) * (1 + math.cos(math.pi * min(progress, 1.0))) / 2


def save_state(state, path):
    """The file appears complete or not at all."""
    torch.save(state, f"{path}.partial")
    os.replace(f"{path}.partial", path)


def update_average(average, model, decay, steps):
    """Moving average of the weights; short at the beginning. Buffers are copied."""
    decay = min(decay, (1 + steps) / (10 + steps))
    with torch.no_grad():
        for kept, current in zip(average.parameters(), model.parameters()):
            kept.lerp_(current, 1 - decay)
        for kept, current in zip(average.buffers(), model.buffers()):
            kept.copy_(current)


def parameter_groups(model, weight_decay):
    """Matrices decay; vectors and position biases do not."""
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    decayed = [parameter for name, parameter in named if parameter.ndim > 1 and not name.endswith("rpb")]
    free = [parameter for name, parameter in named if parameter.ndim <= 1 or name.endswith("rpb")]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": free, "weight_decay": 0.0}]


def make_optimiser(groups, schedule, device):
    """Muon where the schedule wants it, and AdamW."""
    if schedule.muon:
        return Muon(groups, lr=schedule.rate, betas=(0.9, 0.98))
    # One kernel for all weights, where there is one.
    options = {"fused": True} if device == "cuda" else {}
    return torch.optim.AdamW(groups, lr=schedule.rate, betas=(0.9, 0.98), **options)


class Trainer:
    """Owns a model, the moving average of its weights and its optimiser."""

    save_every_s = 180

    def __init__(self, model, schedule, state_file, device, bfloat16=True):
        self.model = model.to(device)
        self.average = copy.deepcopy(self.model)
        self.schedule, self.state_file = schedule, state_file
        self.device, self.bfloat16 = device, bfloat16
        groups = parameter_groups(self.model, schedule.weight_decay)
        self.optimiser = make_optimiser(groups, schedule, device)
        self.steps, self.seconds = 0, 0.0
        if os.path.exists(state_file):
            self.restore(torch.load(state_file, map_location=device))

    def restore(self, state):
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps, self.seconds = state["steps"], state["seconds"]

    def save(self):
        state = {"model": self.model.state_dict(), "average": self.average.state_dict()}
        state.update(optimiser=self.optimiser.state_dict(), steps=self.steps, seconds=self.seconds)
        save_state(state, self.state_file)

    def step(self, batch, loss_of):
        """One optimiser step; loss_of(model, batch) gives the loss and numbers to print, which may wait on the device."""
        schedule = self.schedule
        rate = cosine(schedule.rate, schedule.last_rate, schedule.progress(self.steps, self.seconds))
        for group in self.optimiser.param_groups:
            group["lr"] = rate * min(1.0, (self.steps + 1) / schedule.warm_up)
        self.optimiser.zero_grad(set_to_none=True)
        # bfloat16 multiplications are many times faster here; weights and moving averages stay float32.
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.bfloat16):
            loss, shown = loss_of(self.model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.steps += 1
        update_average(self.average, self.model, schedule.decay_of_average, self.steps)
        return {"loss": loss.detach(), **shown}

    def run(self, batches, loss_of):
        """Train to the end of the schedule; batches(first_step) gives an endless iterator."""
        self.model.train()
        source = batches(self.steps)
        begun = saved = time.monotonic()
        smooth = {}
        while self.schedule.progress(self.steps, self.seconds) < 1:
            for name, value in self.step(next(source), loss_of).items():
                smooth[name] = value + 0.98 * (smooth.get(name, value) - value)
            now = time.monotonic()
            self.seconds, begun = self.seconds + now - begun, now
            if self.steps % 50 == 0:
                text = " ".join(f"{name} {float(value):.4f}" for name, value in smooth.items())
                print(f"step {self.steps} {self.seconds:.0f} s {text}", flush=True)
            if now - saved > self.save_every_s:
                self.save()
                saved = now
        self.save()


def save_average(trainer, path):
    """The averaged weights alone, in 16 bits; load_average reads it."""
    average = {name: value.half() for name, value in trainer.average.state_dict().items()}
    save_state({"average": average, "steps": trainer.steps, "seconds": trainer.seconds}, path)


def load_average(model, *state_files):
    """Fill a model with the moving average of the weights, and with the mean of several; returns steps and hours."""
    states = [torch.load(file, map_location="cpu") for file in state_files]
    averages = [state["average"] for state in states]
    mean = {name: sum(average[name].float() for average in averages) / len(averages) for name in averages[0]}
    model.load_state_dict(mean)
    last = states[-1]
    return {"steps": last["steps"], "hours": round(last["seconds"] / 3600, 2)}


def renew_batch_norm(model, inputs):
    """Statistics of batch norm for averaged weights: the means over some training inputs."""
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.train()
    with torch.no_grad():
        for each in inputs:
            model(each)
    return model.eval()
