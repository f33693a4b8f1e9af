"""Write trained weights as a model file and register it: python3 -m relayformer.export [--state FILE]."""

import argparse
import json

import torch

from common.registry import register
from common.tensor_file import write_tensors
from common.training import load_average

from .config import CLIP_FRAMES, MODEL_FILE, TRAIN_FOLDER, config_of
from .relayformer import RelayFormer

LICENCE = "Apache-2.0"
NAME = "relayformer-mini"


def main():
    """Round to 16 bits, write, register."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", default=TRAIN_FOLDER / "state.pt")
    args = parser.parse_args()
    network = config_of(torch.load(args.state, map_location="cpu")["average"])
    model = RelayFormer(network)
    summary = load_average(model, args.state)
    # Traces of forgeries do not survive scaling: the network has only seen pictures at their own resolution.
    options = {"clip_len": CLIP_FRAMES, "if_resizing": False, "placing": "native"}
    config = {**network, **options, "training": summary, "licence": LICENCE}
    MODEL_FILE.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.half() for name, value in model.state_dict().items()}
    write_tensors(MODEL_FILE, tensors, {"config": json.dumps(config), "format": "pt"})
    params = sum(parameter.numel() for parameter in model.parameters())
    entry = {
        "id": NAME,
        "task": "manipulation",
        "package": "relayformer",
        "scales": [],
        "licence": LICENCE,
        "params": params,
        "card": f"{NAME}/README.md",
        "source": "scripts/train/relayformer",
    }
    register(entry, MODEL_FILE)
    print(f"{MODEL_FILE}: {params} parameters, {summary}")


if __name__ == "__main__":
    main()
