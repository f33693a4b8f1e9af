"""Writing trained weights as a model file."""

import argparse
import json

from .registry import register
from .tensor_file import read_tensors, write_tensors

LICENCE = "Apache-2.0"


def export_options(description, models):
    """Command line of an export: which of the models, out of which training states."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("model", choices=models)
    parser.add_argument("--state", nargs="+", help="training states; the mean of their averaged weights is written")
    return parser.parse_args()


def export_model(path, model, config, summary, entry):
    """Round to 16 bits, write, register; entry: id, task, package."""
    config = dict(config, training=summary, licence=LICENCE)
    # Integers such as the number of batches that batch norm has seen are of no use to a reader.
    tensors = {key: value.half() for key, value in model.state_dict().items() if value.is_floating_point()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, tensors, {"config": json.dumps(config), "format": "pt"})
    params = sum(parameter.numel() for parameter in model.parameters())
    package = entry["package"]
    details = {"scales": [], "licence": LICENCE, "params": params, "card": f"{entry['id']}/README.md"}
    register({**entry, **details, "source": f"scripts/train/{package}"}, path)
    print(f"{path}: {params} parameters, {summary}")


def load_exported(path, build):
    """The model of a file and its configuration; build(config) makes the network."""
    tensors, metadata = read_tensors(path)
    config = json.loads(metadata["config"])
    model = build(config)
    # The number of batches that batch norm has seen is not stored.
    model.load_state_dict({name: value.float() for name, value in tensors.items()}, strict=False)
    return model.eval(), config
