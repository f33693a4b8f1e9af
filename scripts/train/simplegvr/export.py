"""Write the trained weights as the model file and register it: python3 -m simplegvr.export [--state FILE | --weights DIR]."""

import argparse
from pathlib import Path

import torch

from common.registry import register

from .config import MINI_XS, MODEL_FILE, TRAIN_FOLDER
from .simplegvr import SimpleGvr
from .weights import LICENCE, load_weights, write_model


def load_average(path):
    """Model with the moving average of the weights, and the training summary."""
    state = torch.load(path, map_location="cpu")
    model = SimpleGvr(MINI_XS)
    model.load_state_dict(state["average"])
    _, _, steps, _, seconds = state["position"]
    return model, {"steps": steps, "hours": round(seconds / 3600, 2)}


def main():
    """Round to 16 bits, write, register."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", default=str(TRAIN_FOLDER / "state.pt"))
    parser.add_argument("--weights", help="folder of train --weights, instead of a state")
    args = parser.parse_args()
    if args.weights:
        model = SimpleGvr(MINI_XS)
        summary = load_weights(Path(args.weights), model)
    else:
        model, summary = load_average(args.state)
    MODEL_FILE.parent.mkdir(parents=True, exist_ok=True)
    write_model(MODEL_FILE, model, summary)
    params = sum(value.numel() for value in model.state().values())
    entry = {
        "id": "simplegvr-mini-xs",
        "task": "upscale",
        "package": "simplegvr",
        "scales": [2, 3, 4],
        "licence": LICENCE,
        "params": params,
        "card": "simplegvr-mini-xs/README.md",
        "source": "scripts/train/simplegvr",
    }
    register(entry, MODEL_FILE)
    print(f"{MODEL_FILE}: {params} parameters, {summary}")


if __name__ == "__main__":
    main()
