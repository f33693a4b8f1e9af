"""Train dinat-sky-animal: python3 -m dinat.train_segmenter [--steps 3000]. Stops and resumes at any time."""

from common.options import train_options
from sky_animal.training import train_segmenter

from .config import SKY_ANIMAL, TRAIN_FOLDER
from .upernet import UperNetDinat


def main():
    """Train or resume."""
    args = train_options(__doc__, TRAIN_FOLDER, "sky-animal", steps=3000, rate=1e-3)
    train_segmenter(UperNetDinat(SKY_ANIMAL["network"], drop_path=0.05), args)


if __name__ == "__main__":
    main()
