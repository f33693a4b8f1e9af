"""
Measure favit-sky-animal on pictures that it never saw: python3 -m favit.evaluate_segmenter [--state FILE] [--pictures FOLDER].
With --fixtures it writes the labels that the WebGPU code is compared with instead.
"""

from common.export import load_exported
from sky_animal.evaluation import evaluate, evaluation_options, write_fixtures

from .config import MODEL_FILES, SKY_ANIMAL
from .export import load_sky_animal
from .semantic_fpn import SemanticFpnFavit


def main():
    """Print everything, or write the fixtures."""
    args = evaluation_options(__doc__)
    if args.state:
        model, config = load_sky_animal(args.state)[0], SKY_ANIMAL
    else:
        model, config = load_exported(MODEL_FILES["favit-sky-animal"], lambda config: SemanticFpnFavit(config["network"]))
    if args.fixtures:
        write_fixtures(model, config, ".favit-labels.png")
    else:
        evaluate(model, config, args.pictures)


if __name__ == "__main__":
    main()
