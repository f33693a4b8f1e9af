"""Write trained weights as model files and register them: python3 -m favit.export MODEL [--state FILE...]."""

from common.export import export_model, export_options
from common.training import load_average
from sky_animal.training import load_segmenter

from .backbone import Classifier
from .config import ANIMAL_MARGIN, MODEL_FILES, PHOTO_TYPE, SKY_ANIMAL, TRAIN_FOLDER
from .semantic_fpn import SemanticFpnFavit


def load_sky_animal(*states):
    """Averaged weights of a training state, and its summary."""
    return load_segmenter(SemanticFpnFavit(SKY_ANIMAL["network"]), ANIMAL_MARGIN, *states)


def load_photo_type(*states):
    """The same; there is no batch norm."""
    model = Classifier(PHOTO_TYPE["backbone"], len(PHOTO_TYPE["classes"]))
    summary = load_average(model, *states)
    return model.eval(), summary


MODELS = {
    "favit-sky-animal": ("semantic", SKY_ANIMAL, load_sky_animal),
    "favit-photo-type": ("classify", PHOTO_TYPE, load_photo_type),
}


def main():
    """Write one model."""
    args = export_options(__doc__, MODELS)
    task, config, load = MODELS[args.model]
    model, summary = load(*(args.state or [TRAIN_FOLDER / f"{args.model.removeprefix('favit-')}.pt"]))
    export_model(MODEL_FILES[args.model], model, config, summary, {"id": args.model, "task": task, "package": "favit"})


if __name__ == "__main__":
    main()
