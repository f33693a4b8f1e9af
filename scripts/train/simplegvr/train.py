"""Train mini-xs: python3 -m simplegvr.train [--minutes 36]. Stops and resumes at any time; see README.md."""

import argparse

import torch

from .config import TRAIN_FOLDER
from .trainer import Trainer


def options():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=36.0, help="training time of all stages together")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bfloat16", type=int, default=1, help="1: multiply in bfloat16, 0: in float32")
    parser.add_argument("--model", nargs="+", help="model files that together hold all tensors: train them further")
    parser.add_argument("--photos", help="folder of photographs, to be held on the device, instead of the crop cache")
    parser.add_argument("--batch-scale", type=float, default=1.0, help="clips of a batch, as a factor")
    parser.add_argument("--rate", type=float, help="first learning rate of the last stage, instead of its own")
    parser.add_argument("--validation", help="file of simplegvr.validation: print gains over Lanczos every ten minutes and in the end")
    parser.add_argument("--weights", help="folder: keep the averaged weights there as model files at every save")
    parser.add_argument("--state", default=str(TRAIN_FOLDER / "state.pt"))
    return parser.parse_args()


def main():
    """Train or resume."""
    args = options()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    TRAIN_FOLDER.mkdir(parents=True, exist_ok=True)
    torch.backends.cudnn.benchmark = True
    trainer = Trainer(args)
    trainer.start()
    trainer.run()


if __name__ == "__main__":
    main()
