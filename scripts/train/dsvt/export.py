"""Write trained weights as models/dsvt-mini/model.safetensors and register them: python3 -m dsvt.export [--state FILE]."""

import argparse
import json

from common.registry import register
from common.tensor_file import write_tensors
from common.training import load_average

from . import config
from .train import new_model

LICENCE = "Apache-2.0"


def main():
    """Round to 16 bits, write, register."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", default=config.TRAIN_FOLDER / "mini.pt")
    args = parser.parse_args()
    model = new_model(config.REACH)
    training = load_average(model, args.state)
    # Integers such as the number of batches that batch norm has seen are of no use to a reader.
    tensors = {key: value.half() for key, value in model.state_dict().items() if value.is_floating_point()}
    path = config.MODEL_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"config": json.dumps(config.full_config(config.REACH)), "format": "pt"}
    write_tensors(path, tensors, {**metadata, "training": json.dumps(training), "licence": LICENCE})
    params = sum(parameter.numel() for parameter in model.parameters())
    entry = {
        "id": "dsvt-mini",
        "task": "detect3d",
        "package": "dsvt",
        "scales": [],
        "licence": LICENCE,
        "params": params,
        "card": "dsvt-mini/README.md",
        "source": "scripts/train/dsvt",
    }
    register(entry, path)
    print(f"{path}: {params} parameters, {training}")


if __name__ == "__main__":
    main()
