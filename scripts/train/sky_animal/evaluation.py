"""
A segmenter of sky and animals on pictures that it never saw. Sky: intersection over union on the test landscapes.
Animals: against hand-drawn boxes on photographs.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from common.packages import fetch_packages
from common.paths import REPOSITORY
from common.photos import read_photo
from common.pictures import label_pixels, segmenter_input

from .sources import LABELS, PACKAGES, load_landscapes

# An animal counts as touched when so much of its box is labelled animal.
TOUCHED_SHARE = 0.1
BOXES_PACKAGE = {"package": "gcompris-qt-data"}
RESOURCES = "usr/share/gcompris-qt/rcc"
ACTIVITIES = "gcompris/src/activities"


@torch.no_grad()
def segment(model, config, picture):
    """Class of each pixel, uint8 [h, w]."""
    x = segmenter_input(picture, config["input"])
    scores = label_pixels(model(x), x.shape[2:], picture.shape[:2])
    return scores[0].argmax(dim=0).to(torch.uint8).numpy()


def class_index(config, name):
    """Place of a class."""
    return [each["name"] for each in config["classes"]].index(name)


def boxed_photos():
    """(name, uint8 [h, w, 3], boxes [n, 4] in pixels, areas to ignore [m, 4]) of the photographs with hand-drawn boxes."""
    unpacked = fetch_packages(PACKAGES)
    stored = json.loads((LABELS / "animal-boxes.json").read_text())
    for name, image in stored["images"].items():
        resource = f"{RESOURCES}/{name.split('/')[0]}.rcc"
        picture = read_photo({**BOXES_PACKAGE, "path": resource, "entry": f"{ACTIVITIES}/{name}"}, unpacked)
        height, width = picture.shape[:2]
        size = np.array([width, height, width, height])
        boxes = np.array([each["box"] for each in image["boxes"]]) * size
        yield name, picture, boxes, np.array(image.get("ignore", [])).reshape(-1, 4) * size


def filled(boxes, shape):
    """bool [h, w]: inside one of the boxes."""
    inside = np.zeros(shape, bool)
    for left, top, right, bottom in boxes.round().astype(int):
        inside[top:bottom, left:right] = True
    return inside


def measure_sky(model, config, keep):
    """Prints each test landscape; returns the mean intersection over union and the mean share of right pixels."""
    rows = []
    for landscape in load_landscapes("test"):
        labels = segment(model, config, landscape.pixels)
        sky = labels == class_index(config, "sky")
        union = (sky | landscape.sky).sum()
        row = (sky & landscape.sky).sum() / max(union, 1), (sky == landscape.sky).mean()
        print(f"sky {landscape.name:26} iou {row[0]:.3f} right {row[1]:.3f}", flush=True)
        keep(landscape.name, landscape.pixels, labels)
        rows.append(row)
    return np.mean(rows, axis=0)


def measure_animals(model, config, keep):
    """Prints each photograph; returns the share of animal pixels inside boxes and the shares of animals touched."""
    inside = predicted = 0
    touched = []
    for name, picture, boxes, ignored in boxed_photos():
        labels = segment(model, config, picture)
        animal = (labels == class_index(config, "animal")) & ~filled(ignored, labels.shape)
        hits = (animal & filled(boxes, labels.shape)).sum() / labels.size
        inside, predicted = inside + hits, predicted + animal.mean()
        shares = [animal[filled(box[None], labels.shape)].mean() for box in boxes]
        touched.extend(shares)
        precision = hits / max(animal.mean(), 1e-9)
        print(f"animals {name:60} inside {precision:.3f} of boxes {' '.join(f'{share:.2f}' for share in shares)}", flush=True)
        keep(name, picture, labels)
    touched = np.array(touched)
    return inside / predicted, (touched >= TOUCHED_SHARE).mean(), (touched > 0).mean()


def picture_name(name):
    """File name of a photograph; the last part alone is not unique."""
    return "-".join(Path(name).with_suffix(".jpg").parts)


def overlay_writer(folder, palette):
    """A function that writes half-size pictures with the labels over them, or does nothing without a folder."""

    def keep(name, picture, labels):
        if folder is None:
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        mixed = picture * 0.5 + np.asarray(palette)[labels] * 0.5
        image = Image.fromarray(mixed.astype(np.uint8))
        image.thumbnail((480, 480))
        image.save(Path(folder) / picture_name(name))

    return keep


def evaluate(model, config, pictures=None):
    """Print everything; pictures: folder for the photographs with their labels."""
    keep = overlay_writer(pictures, [each["color"] for each in config["classes"]])
    iou, right = measure_sky(model, config, keep)
    inside, touched, any_pixel = measure_animals(model, config, keep)
    print(f"sky: mean iou {iou:.4f}, right pixels {right:.4f}")
    print(f"animals: {inside:.4f} of the pixels inside a box; touched {touched:.4f}, by any pixel {any_pixel:.4f}")


def evaluation_options(description):
    """Command line of an evaluation; sets the number of threads."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--state", help="a training state; without it the model file")
    parser.add_argument("--pictures", help="folder for the photographs with their labels")
    parser.add_argument("--fixtures", action="store_true", help="write the labels that the WebGPU code is compared with")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    return args


def write_fixtures(model, config, ending):
    """What the model sees in the pictures of the fixtures: a grey picture of class numbers beside each photograph."""
    for path in sorted((REPOSITORY / "fixtures" / "pictures").glob("*.jpg")):
        picture = np.array(Image.open(path).convert("RGB"))
        Image.fromarray(segment(model, config, picture)).save(path.with_suffix(ending))
