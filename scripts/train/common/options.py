"""Command line of a training."""

import argparse

import torch


def train_options(description, folder, name, steps, rate, side=None):
    """
    Options of a training whose state lies in a folder under a name; sets the seed and the number of threads. With a side
    the size of the training pictures is an option too.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--rate", type=float, default=rate, help="learning rate after the warm-up")
    if side:
        parser.add_argument("--side", type=int, default=side, help="pixels of a side of the training pictures")
    parser.add_argument("--start", help="a training state: train its averaged weights further")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bfloat16", type=int, default=1, help="1: multiply in bfloat16, 0: in float32")
    parser.add_argument("--state", default=str(folder / f"{name}.pt"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    folder.mkdir(parents=True, exist_ok=True)
    return args
