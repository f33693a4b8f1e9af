"""Which form of the 3-D convolutions is faster on a GPU."""

import math
import time

import torch

from .vae_blocks import CausalConv3d

STEPS = 6


def time_steps(run):
    """Seconds of one step; the steps before the measured ones find the fastest kernels."""
    for _ in range(STEPS):
        run()
    torch.cuda.synchronize()
    begun = time.monotonic()
    for _ in range(STEPS):
        run()
    torch.cuda.synchronize()
    return (time.monotonic() - begun) / STEPS


def choose_convolution(run):
    """Time run(), a forward and backward pass, with either form and keep the faster one."""
    seconds = {}
    for by_frames in (False, True):
        CausalConv3d.by_frames = by_frames
        try:
            seconds[by_frames] = time_steps(run)
        except RuntimeError as error:  # a form that this device has no kernels or no memory for
            print(f"by frames {by_frames}: {error}", flush=True)
            seconds[by_frames] = math.inf
    CausalConv3d.by_frames = seconds[True] < seconds[False]
    print(f"seconds of a pass: 3-D {seconds[False]:.3f}, by frames {seconds[True]:.3f}", flush=True)
