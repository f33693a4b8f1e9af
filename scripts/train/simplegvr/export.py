"""Write the trained weights as the model file: python3 export.py [--state FILE] [--out FILE]."""

import argparse
import json

import torch

from config import MINI_XS, MODEL_FILE, TRAIN_FOLDER
from simplegvr import SimpleGvr
from tensor_file import write_tensors

LICENCE = "Apache-2.0"


def load_average(path):
    """Model with the moving average of the weights, and the training summary."""
    state = torch.load(path, map_location="cpu")
    model = SimpleGvr(MINI_XS)
    model.load_state_dict(state["average"])
    stage, _, steps, _, seconds = state["position"]
    return model, {"steps": steps, "hours": round(seconds / 3600, 2), "finished": stage == 2}


def main():
    """Round to 16 bits and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", default=str(TRAIN_FOLDER / "state.pt"))
    parser.add_argument("--out", default=str(MODEL_FILE))
    args = parser.parse_args()
    model, summary = load_average(args.state)
    config = dict(MINI_XS, training=summary, licence=LICENCE)
    tensors = {name: value.half() for name, value in model.state().items()}
    write_tensors(args.out, tensors, {"config": json.dumps(config), "format": "pt"})
    print(f"{args.out}: {sum(value.numel() for value in tensors.values())} parameters, {summary}")


if __name__ == "__main__":
    main()
