"""Write trained weights as model files and register them: python3 -m dinat.export MODEL [--state FILE...]."""

from common.export import export_model, export_options
from common.training import load_average
from sky_animal.training import load_segmenter

from .backbone import Classifier
from .config import ANIMAL_BOXES, ANIMAL_MARGIN, FASHION, MODEL_FILES, SKY_ANIMAL, TRAIN_FOLDER
from .detector import MaskRcnnDinat
from .upernet import UperNetDinat


def load_classifier(*states):
    """Averaged weights of a training state, and its summary."""
    model = Classifier(FASHION["backbone"], len(FASHION["classes"]))
    summary = load_average(model, *states)
    return model.eval(), summary


def load_sky_animal(*states):
    """The same."""
    return load_segmenter(UperNetDinat(SKY_ANIMAL["network"]), ANIMAL_MARGIN, *states)


def load_detector(*states):
    """The same; there is no batch norm."""
    model = MaskRcnnDinat(ANIMAL_BOXES["network"])
    summary = load_average(model, *states)
    return model.eval(), summary


MODELS = {
    "dinat-sky-animal": ("semantic", SKY_ANIMAL, load_sky_animal),
    "dinat-fashion": ("classify", FASHION, load_classifier),
    "dinat-animal-boxes": ("detect2d", ANIMAL_BOXES, load_detector),
}


def main():
    """Write one model."""
    args = export_options(__doc__, MODELS)
    task, config, load = MODELS[args.model]
    model, summary = load(*(args.state or [TRAIN_FOLDER / f"{args.model.removeprefix('dinat-')}.pt"]))
    export_model(MODEL_FILES[args.model], model, config, summary, {"id": args.model, "task": task, "package": "dinat"})


if __name__ == "__main__":
    main()
