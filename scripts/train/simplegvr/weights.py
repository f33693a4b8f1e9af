"""Averaged weights of a training as files small enough to pass on: a model file, and two unrounded halves."""

import json

from common.tensor_file import read_metadata, read_tensors, write_tensors

from .config import MINI_XS

LICENCE = "Apache-2.0"
MODEL_NAME = "model.safetensors"


def write_model(path, model, summary):
    """A model file, rounded to 16 bits."""
    config = dict(MINI_XS, training=summary, licence=LICENCE)
    tensors = {name: value.half() for name, value in model.state().items()}
    write_tensors(path, tensors, {"config": json.dumps(config), "format": "pt"})


def save_weights(folder, model, summary):
    """The model file, and the halves."""
    write_model(folder / MODEL_NAME, model, summary)
    tensors = model.state()
    # Every other tensor by size: both halves get about as many bytes.
    names = sorted(tensors, key=lambda name: (tensors[name].numel(), name))
    for part in range(2):
        write_tensors(folder / f"float32_{part}.safetensors", {name: tensors[name] for name in names[part::2]}, {})


def load_files(model, files):
    """Fill a model from files that together hold all tensors."""
    tensors = {}
    for file in files:
        tensors.update(read_tensors(file)[0])
    model.load(tensors)


def load_weights(folder, model):
    """Fill a model from the halves of a folder; returns the summary of the training."""
    load_files(model, sorted(folder.glob("float32_*.safetensors")))
    return json.loads(read_metadata(folder / MODEL_NAME)["config"])["training"]
