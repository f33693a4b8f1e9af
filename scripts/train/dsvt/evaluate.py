"""
Evaluate dsvt-mini: python3 -m dsvt.evaluate [--state FILE] [--scenes 60] [--real FOLDER].
Held-out scenes have sensors that no training scan has; --real takes a folder of labelled scans.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from common.tensor_file import read_tensors
from common.training import load_average

from . import config
from .detect import detect
from .metrics import average_precision, axis_error, heading_error, match
from .real_scans import labelled_scans
from .scans_cache import held_out_scan
from .shapes import CLASSES, CYCLIST, PEDESTRIAN, VEHICLE
from .train import new_model

LEAST_POINTS = 5
# Default threshold of the score: the command shows what is above.
THRESHOLD = 0.4


def load_model(state=None):
    """The network for the whole range, with the shipped weights or those of a training state."""
    model = new_model(config.REACH)
    if state:
        load_average(model, state)
    else:
        tensors, _ = read_tensors(config.MODEL_FILE)
        model.load_state_dict({name: value.float() for name, value in tensors.items()}, strict=False)
    return model.eval()


def within(boxes, reach):
    return np.hypot(boxes[:, 0], boxes[:, 1]) < reach


def class_matches(found, boxes, classes, counts, label, reach, kind, least):
    """Matches of a class within a range; true boxes with too few points, or beyond, need not be found."""
    own = found.classes == label
    own &= within(found.boxes, reach)
    true = classes == label
    matters = (counts >= LEAST_POINTS) & within(boxes, reach)
    return match(found.boxes[own].astype(np.float64), found.scores[own], boxes[true], matters[true], kind, least)


def evaluate_simulated(model, scenes, threshold):
    """Average precision within 40 m by class, and heading errors of vehicles."""
    measures = {"iou 0.5": ("iou", 0.5), "iou 0.7": ("iou", 0.7), "1 m": ("distance", -1.0), "2 m": ("distance", -2.0)}
    collected = {(label, name): [] for label in range(len(CLASSES)) for name in measures}
    axes, headings = [], []
    for number in range(scenes):
        scan = held_out_scan(number)
        found = detect(model, scan.points)
        boxes, classes = scan.boxes[:, :7].astype(np.float64), scan.boxes[:, 7].astype(int)
        counts = np.bincount(scan.owners[scan.owners >= 0], minlength=len(boxes))
        for (label, name), matches in collected.items():
            matches.append(class_matches(found, boxes, classes, counts, label, 40, *measures[name]))
        near = collected[VEHICLE, "1 m"][-1]
        own = found.boxes[(found.classes == VEHICLE) & within(found.boxes, 40)]
        for box, partner, score in zip(own, near.partners, near.scores):
            if partner >= 0 and score > threshold:
                true = boxes[classes == VEHICLE][partner, 6]
                axes.append(axis_error(box[6], true))
                headings.append(heading_error(box[6], true))
    for label, name in enumerate(CLASSES):
        text = ", ".join(f"{measure} {average_precision(collected[label, measure]):.3f}" for measure in measures)
        near = collected[label, "1 m"]
        hits = sum(int((each.right & (each.scores > threshold)).sum()) for each in near)
        shown = sum(int((each.counted & (each.scores > threshold)).sum()) for each in near)
        total = sum(each.total for each in near)
        print(f"{name}, within 40 m: average precision by {text}")
        print(f"  above {threshold}: {hits} of {total} found within 1 m, {shown - hits} false")
    facing = np.mean(np.array(headings) < 90)
    print(f"vehicles: median heading error {np.median(axes):.1f} degrees modulo 180; {facing:.3f} face the right way")


def evaluate_real(model, folder, threshold):
    """What is found of labelled scans at a threshold: recall, false boxes, heading errors."""
    errors, right, false = [], 0, 0
    for name, points, boxes, classes, counts in labelled_scans(folder):
        found = detect(model, points)
        kept = found.scores > threshold
        found = type(found)(found.boxes[kept], found.scores[kept], found.classes[kept])
        parts = []
        for label, reach in ((VEHICLE, 30), (PEDESTRIAN, 20), (CYCLIST, 20)):
            matches = class_matches(found, boxes, classes, counts, label, reach, "distance", -1.0)
            own = found.boxes[(found.classes == label) & within(found.boxes, reach)]
            hits, wrong = int(matches.right.sum()), int((matches.counted & ~matches.right).sum())
            right, false = right + hits, false + wrong
            parts.append(f"{CLASSES[label]} within {reach} m {hits} of {matches.total}, {wrong} false")
            if label == VEHICLE:
                hit = matches.partners >= 0
                errors.extend(axis_error(own[hit, 6], boxes[classes == label][matches.partners[hit], 6]))
        print(f"{name}: {'; '.join(parts)}")
    print(f"{right} right, {false} false; median heading error {np.median(errors):.1f} degrees modulo 180")


def main():
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model(args.state)
    if args.scenes:
        evaluate_simulated(model, args.scenes, args.threshold)
    if args.real:
        evaluate_real(model, args.real, args.threshold)


if __name__ == "__main__":
    main()
