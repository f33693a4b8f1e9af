"""Train dinat-sky-animal: python3 -m dinat.train_segmenter [--steps 3000]. Stops and resumes at any time."""

import numpy as np
import torch
from torch.nn.functional import nll_loss

from common.training import Schedule, Trainer, load_average

from .composites import REST_OR_SKY
from .config import SKY_ANIMAL, train_options
from .pictures import normalise
from .pictures_cache import build_pictures, load_pictures
from .upernet import UperNetDinat, enlarge

BATCH = 16
CROP = 192
PICTURES = 10_000


def crops(stored, random, count):
    """Random crops, half of them mirrored: uint8 [n, 3, CROP, CROP] and labels [n, CROP, CROP]."""
    pixels, labels = [], []
    for index in random.integers(0, len(stored["pixels"]), count):
        top, left = random.integers(0, stored["pixels"].shape[1] - CROP + 1, 2)
        step = 1 if random.random() < 0.5 else -1
        place = (index, slice(top, top + CROP), slice(left, left + CROP))
        pixels.append(stored["pixels"][place][:, ::step])
        labels.append(stored["labels"][place][:, ::step])
    return torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2), torch.from_numpy(np.stack(labels)).long()


def recoloured(pictures, random):
    """Gain, tint, contrast and saturation of each picture; bytes as float32."""
    count = len(pictures)

    def factors(*spreads, channels):
        drawn = sum(random.normal(0, spread, (count, size, 1, 1)) for spread, size in zip(spreads, channels))
        return torch.from_numpy(np.exp(drawn)).float()

    x = pictures.float()
    grey = x.mean(dim=1, keepdim=True)
    x = grey + (x - grey) * torch.from_numpy(random.uniform(0.5, 1.4, (count, 1, 1, 1))).float()
    mean = x.mean(dim=(2, 3), keepdim=True)
    x = mean + (x - mean) * factors(0.15, channels=(1,))
    return (x * factors(0.12, 0.04, channels=(1, 3))).clamp(0, 255)


def batches(stored, seed, device, first_step):
    """Endless; a step's pictures depend on the seed and the step alone."""
    step = first_step
    while True:
        random = np.random.default_rng([seed, step])
        pictures, labels = crops(stored, random, BATCH)
        # Every second pixel, from the first or from the second one: between them lies the centre of a score.
        start = int(random.integers(0, 2))
        labels = labels[:, start::2, start::2]
        yield normalise(recoloured(pictures, random)).to(device), labels.to(device)
        step += 1


def pixel_loss(scores, labels):
    """Cross entropy; where only animals are known, of "rest or sky" against "animal"."""
    chances = scores.log_softmax(dim=1)
    either = torch.logsumexp(chances[:, :REST_OR_SKY - 1], dim=1, keepdim=True)
    return nll_loss(torch.cat([chances, either], dim=1), labels)


def loss_of(model, batch):
    """Loss, and the share of right pixels."""
    pictures, labels = batch
    scores = enlarge(model(pictures).float(), labels.shape[1:])
    some_scores, some_labels = scores[:, :, ::4, ::4], labels[:, ::4, ::4]
    right = (some_scores.argmax(dim=1) == some_labels)[some_labels != REST_OR_SKY].float().mean()
    return pixel_loss(scores, labels), {"right": float(right)}


def main():
    """Train or resume."""
    args = train_options(__doc__, "sky-animal", steps=3000, rate=1e-3)
    build_pictures(PICTURES)
    stored = load_pictures()
    model = UperNetDinat(SKY_ANIMAL["network"], drop_path=0.05)
    if args.start:
        load_average(model, args.start)
    schedule = Schedule(args.steps, args.rate, last_rate=1e-5)
    trainer = Trainer(model, schedule, args.state, args.device, bool(args.bfloat16))
    trainer.run(lambda first_step: batches(stored, args.seed, args.device, first_step), loss_of)


if __name__ == "__main__":
    main()
