"""Write what dinat-sky-animal sees in the pictures of the fixtures, for the test of the WebGPU code: python3 -m dinat.stored_labels."""

import json

import numpy as np
import torch
from PIL import Image

from common.paths import REPOSITORY
from common.tensor_file import read_tensors

from .config import MODEL_FILES
from .evaluate_segmenter import segment
from .upernet import UperNetDinat

PICTURES = REPOSITORY / "fixtures" / "pictures"


def main():
    """One grey picture of class numbers beside each photograph."""
    torch.set_num_threads(1)
    tensors, metadata = read_tensors(MODEL_FILES["dinat-sky-animal"])
    config = json.loads(metadata["config"])
    model = UperNetDinat(config["network"])
    model.load_state_dict({name: value.float() for name, value in tensors.items()}, strict=False)
    model.eval()
    for path in sorted(PICTURES.glob("*.jpg")):
        picture = np.array(Image.open(path).convert("RGB"))
        Image.fromarray(segment(model, config, picture)).save(path.with_suffix(".labels.png"))


if __name__ == "__main__":
    main()
