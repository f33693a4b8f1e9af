"""Training of a segmenter of sky and animals: its crops and its loss."""

from itertools import islice

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import avg_pool2d, nll_loss

from common.layers import enlarge
from common.pictures import normalise
from common.training import Schedule, Trainer, load_average, renew_batch_norm

from .composites import ANIMAL, REST_OR_SKY
from .config import PICTURE_COUNT, PICTURE_SIDE, TRAINING_SIDE
from .pictures_cache import build_pictures, load_pictures

BATCH = 16
NORM_BATCHES = 40
LEAST_CROP = 176
ROUGH_SHARE, MOST_SHARPENING, MOST_NOISE = 0.6, 2.5, 10


def crop_of(maps, random):
    """Random square of a picture and of what goes with it, mirrored or not, shrunk to TRAINING_SIDE; bytes [h, w] or [h, w, 3]."""
    side = int(random.integers(LEAST_CROP, PICTURE_SIDE + 1))
    top, left = random.integers(0, PICTURE_SIDE - side + 1, 2)
    turn = 1 if random.random() < 0.5 else -1
    for each in maps:
        rule = Image.BILINEAR if each.ndim == 3 else Image.NEAREST
        square = np.ascontiguousarray(each[top : top + side, left : left + side][:, ::turn])
        yield np.asarray(Image.fromarray(square).resize((TRAINING_SIDE, TRAINING_SIDE), rule))


def crops(stored, random, count):
    """Random crops: uint8 [n, 3, s, s] and labels [n, s, s]."""
    pixels, labels = [], []
    for index in random.integers(0, len(stored["pixels"]), count):
        picture, known = crop_of((stored["pixels"][index], stored["labels"][index]), random)
        pixels.append(picture)
        labels.append(known)
    return torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2), torch.from_numpy(np.stack(labels)).long()


def roughened(pictures, random):
    """Sharpness and noise of a photograph that was shrunk without antialiasing, as it will be: bytes as float32."""
    count = len(pictures)
    amounts = random.uniform(0, MOST_SHARPENING, (count, 1, 1, 1)) * (random.random((count, 1, 1, 1)) < ROUGH_SHARE)
    noise = random.uniform(0, MOST_NOISE, (count, 1, 1, 1)) * (random.random((count, 1, 1, 1)) < ROUGH_SHARE)
    smooth = avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)
    sharper = pictures + (pictures - smooth) * torch.from_numpy(amounts).float()
    grain = torch.from_numpy(random.standard_normal(pictures.shape, np.float32))
    return (sharper + grain * torch.from_numpy(noise).float()).clamp(0, 255)


def recoloured(pictures, random):
    """Gain, tint, contrast, saturation and sharpness of each picture; bytes as float32."""
    count = len(pictures)

    def factors(*spreads, channels):
        drawn = sum(random.normal(0, spread, (count, size, 1, 1)) for spread, size in zip(spreads, channels))
        return torch.from_numpy(np.exp(drawn)).float()

    x = pictures.float()
    grey = x.mean(dim=1, keepdim=True)
    x = grey + (x - grey) * torch.from_numpy(random.uniform(0.5, 1.4, (count, 1, 1, 1))).float()
    mean = x.mean(dim=(2, 3), keepdim=True)
    x = mean + (x - mean) * factors(0.15, channels=(1,))
    return roughened((x * factors(0.12, 0.04, channels=(1, 3))).clamp(0, 255), random)


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


def train_segmenter(model, args):
    """Train or resume; args are those of common.options."""
    build_pictures(PICTURE_COUNT)
    stored = load_pictures()
    if args.start:
        load_average(model, args.start)
    schedule = Schedule(args.steps, args.rate, last_rate=1e-5)
    trainer = Trainer(model, schedule, args.state, args.device, bool(args.bfloat16))
    trainer.run(lambda first_step: batches(stored, args.seed, args.device, first_step), loss_of)


def load_segmenter(model, animal_margin, *states):
    """Averaged weights and their summary, with a margin off the score of "animal"; batch norm is measured again for them."""
    summary = load_average(model, *states)
    with torch.no_grad():
        model.decode_head.conv_seg.bias[ANIMAL] -= animal_margin
    source = batches(load_pictures(), seed=0, device="cpu", first_step=0)
    return renew_batch_norm(model, (pictures for pictures, _ in islice(source, NORM_BATCHES))), summary
