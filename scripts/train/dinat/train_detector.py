"""Train dinat-animal-boxes: python3 -m dinat.train_detector [--steps 2000]. Stops and resumes at any time."""

import numpy as np
import torch

from common.options import train_options
from common.pictures import normalise
from common.tensor_file import read_tensors
from common.training import Schedule, Trainer, load_average
from sky_animal.config import PICTURE_COUNT
from sky_animal.pictures_cache import build_pictures, load_pictures
from sky_animal.training import crop_of, recoloured

from .config import ANIMAL_BOXES, MODEL_FILES, TRAIN_FOLDER
from .detection_loss import Truth, detection_loss
from .detector import MaskRcnnDinat

BATCH = 8
# Landscapes without an animal, which the cache holds in even places.
EMPTY_SHARE = 0.08
LEAST_PIXELS = 100
FROZEN = ("patch_embed.", "levels.0.", "levels.1.")


def truth_of(instances, kinds):
    """Boxes, classes and outlines of what is visible of each animal."""
    boxes, classes, masks = [], [], []
    for number in range(1, int((kinds > 0).sum()) + 1):
        visible = instances == number
        if visible.sum() < LEAST_PIXELS:
            continue
        rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
        boxes.append([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
        classes.append(int(kinds[number - 1]) - 1)
        masks.append(visible)
    empty = np.zeros((0, *instances.shape))
    return Truth(
        torch.tensor(boxes).float().view(-1, 4),
        torch.tensor(classes).long(),
        torch.from_numpy(np.stack(masks) if masks else empty).float(),
    )


def batches(stored, seed, first_step):
    """Endless; a step's pictures depend on the seed and the step alone."""
    step = first_step
    count = len(stored["pixels"])
    while True:
        random = np.random.default_rng([seed, step])
        pixels, truths = [], []
        for _ in range(BATCH):
            index = 2 * random.integers(0, count // 2) + (random.random() >= EMPTY_SHARE)
            picture, instances = crop_of((stored["pixels"][index], stored["instances"][index]), random)
            pixels.append(picture)
            truths.append(truth_of(instances, stored["kinds"][index]))
        pictures = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2)
        yield normalise(recoloured(pictures, random)), truths
        step += 1


def start_backbone(model):
    """Take the backbone of the segmenter."""
    tensors, _ = read_tensors(MODEL_FILES["dinat-sky-animal"])
    prefix = "backbone."
    start = {name[len(prefix) :]: value.float() for name, value in tensors.items() if name.startswith(prefix)}
    model.backbone.load_state_dict(start)


def freeze(backbone):
    """Keep the stem and the first two levels: they are half of the work and know what an animal looks like already."""
    for name, parameter in backbone.named_parameters():
        if name.startswith(FROZEN):
            parameter.requires_grad_(False)


def main():
    """Train or resume; the backbone starts as that of dinat-sky-animal."""
    args = train_options(__doc__, TRAIN_FOLDER, "animal-boxes", steps=2000, rate=1e-3)
    build_pictures(PICTURE_COUNT)
    stored = load_pictures()
    model = MaskRcnnDinat(ANIMAL_BOXES["network"])
    if args.start:
        load_average(model, args.start)
    else:
        start_backbone(model)
    freeze(model.backbone)
    schedule = Schedule(args.steps, args.rate, last_rate=1e-5, decay_of_average=0.998)
    trainer = Trainer(model, schedule, args.state, args.device, bool(args.bfloat16))
    trainer.run(lambda step: batches(stored, args.seed, step), lambda model, batch: detection_loss(model, *batch))


if __name__ == "__main__":
    main()
