"""
Measure dinat-animal-boxes on photographs with hand-drawn boxes: python3 -m dinat.evaluate_detector [--state FILE] [--pictures FOLDER].
Average precision at an overlap of one half, whatever the class; all points of the curve count.
"""

import argparse
from pathlib import Path

import torch
from PIL import Image, ImageDraw

from common.export import load_exported
from common.pictures import dense_input, dense_size
from sky_animal.evaluation import boxed_photos, picture_name

from .boxes import areas, overlaps, suppress
from .config import ANIMAL_BOXES, MODEL_FILES
from .detector import MaskRcnnDinat
from .export import load_detector

OVERLAP = 0.5
# A detection that lies in an ignored area by so much neither counts for nor against.
IGNORED_SHARE = 0.5


def detect(model, config, picture):
    """Boxes in pixels of the photograph, scores and classes."""
    width, height = dense_size(picture.shape[1], picture.shape[0], config["input"])
    x = dense_input(picture, config["input"], config["input"]["divisor"])
    boxes, scores, classes, _ = model.detect(x, (height, width))
    return boxes * torch.tensor([picture.shape[1] / width, picture.shape[0] / height] * 2), scores, classes


def matches(boxes, scores, truth):
    """Of each detection, best first, whether it finds a true box that no better one has found."""
    free = torch.ones(len(truth), dtype=torch.bool)
    found = torch.zeros(len(boxes), dtype=torch.bool)
    common = overlaps(boxes, truth)
    for index in scores.argsort(descending=True).tolist():
        row = common[index] * free
        if len(truth) and row.max() >= OVERLAP:
            found[index], free[row.argmax()] = True, False
    return found


def average_precision(scores, found, count):
    """Area under the curve of precision, made falling, over recall."""
    order = scores.argsort(descending=True)
    hits = found[order].float().cumsum(dim=0)
    recall = hits / count
    precision = hits / torch.arange(1, len(hits) + 1)
    falling = precision.flip(0).cummax(dim=0).values.flip(0)
    return float((falling * recall.diff(prepend=torch.zeros(1))).sum())


def drawn(picture, boxes, scores, classes, truth, names):
    """The photograph with detections in orange and true boxes in white."""
    image = Image.fromarray(picture)
    scale = 480 / max(image.size)
    image.thumbnail((480, 480))
    draw = ImageDraw.Draw(image)
    for box in truth * scale:
        draw.rectangle(box.tolist(), outline=(255, 255, 255))
    for box, score, kind in zip(boxes * scale, scores, classes):
        if score > 0.5:
            draw.rectangle(box.tolist(), outline=(255, 130, 0), width=2)
            draw.text((float(box[0]) + 3, float(box[1]) + 2), f"{names[kind]} {score:.2f}", fill=(255, 130, 0))
    return image


def load(args):
    """The averaged weights of a training state, or the model file."""
    if args.state:
        return load_detector(args.state)[0], ANIMAL_BOXES
    return load_exported(MODEL_FILES["dinat-animal-boxes"], lambda config: MaskRcnnDinat(config["network"]))


def main():
    """Print each photograph and the average precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", help="a training state; without it the model file")
    parser.add_argument("--pictures", help="folder for the photographs with their boxes")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, config = load(args)
    results = {"classes apart": [], "classes together": []}
    count = 0
    for name, picture, truth, ignored in boxed_photos():
        truth, ignored = torch.from_numpy(truth).float(), torch.from_numpy(ignored).float()
        boxes, scores, classes = detect(model, config, picture)
        if len(ignored):
            top_left = torch.maximum(boxes[:, None, :2], ignored[None, :, :2])
            size = (torch.minimum(boxes[:, None, 2:], ignored[None, :, 2:]) - top_left).clamp_min(0)
            kept = (size.prod(dim=2) / areas(boxes)[:, None]).amax(dim=1) < IGNORED_SHARE
            boxes, scores, classes = boxes[kept], scores[kept], classes[kept]
        one = suppress(boxes, scores, torch.zeros_like(classes), config["network"]["detector"]["detections"]["iou"])
        results["classes apart"].append((scores, matches(boxes, scores, truth)))
        results["classes together"].append((scores[one], matches(boxes[one], scores[one], truth)))
        count += len(truth)
        sure = matches(boxes[one], scores[one], truth)[scores[one] > 0.5]
        print(f"{name:60} {len(truth)} animals, {len(sure)} boxes above 0.5, {int(sure.sum())} right", flush=True)
        if args.pictures:
            Path(args.pictures).mkdir(parents=True, exist_ok=True)
            image = drawn(picture, boxes[one], scores[one], classes[one], truth, [each["name"] for each in config["classes"]])
            image.save(Path(args.pictures) / picture_name(name))
    for name, rows in results.items():
        scores, found = (torch.cat(column) for column in zip(*rows))
        sure = found[scores > 0.5]
        text = f"precision {sure.float().mean():.3f} and recall {sure.sum() / count:.3f} above 0.5"
        print(f"{name}: AP50 {average_precision(scores, found, count):.4f}; {text}")


if __name__ == "__main__":
    main()
