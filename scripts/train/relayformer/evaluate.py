"""
Judge weights: python3 -m relayformer.evaluate [FOLDER] [--state FILE] [--robustness]. Without a folder the held-out set is
made and judged; with one, a set in the same form, its clips too.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from common.training import load_average

from .config import CLIP_FRAMES, MODEL_FILE, config_of
from .example_set import HELD_OUT, read_clips, read_pictures, write_held_out
from .history import blurred, jpeg, noisy, resized
from .measures import bootstrap, judged
from .predict import clip_probabilities, probabilities
from .relayformer import RelayFormer, load_exported

FIGURES = ("f1", "iou", "ap", "auc")
TOP_SHARE = 0.005
LEAST_REGION = 0.0005


def load_model(state=None):
    """The averaged weights of a training state, or the exported file."""
    if state:
        model = RelayFormer(config_of(torch.load(state, map_location="cpu")["average"]))
        print(load_average(model, state))
    else:
        model = load_exported(MODEL_FILE)
    return model.eval()


def plain_kind(entry):
    """The kind without the way it was done."""
    return entry["kind"].split("-diffusion")[0].split("-exemplar")[0]


def judge_picture(model, pixels, mask):
    probability = probabilities(model, pixels[None])[0]
    count = max(int(probability.size * TOP_SHARE), 1)
    top = float(np.partition(probability.ravel(), -count)[-count:].mean())
    return {**judged(probability, mask), "top": top, "share": float(mask.mean())}


def rows_of(model, examples, change=lambda pixels: pixels):
    """One row of figures a picture; `change` is applied to the pixels, masks follow its size."""
    for entry, pixels, mask in examples:
        pixels = change(pixels)
        if pixels.shape[:2] != mask.shape:
            mask = np.asarray(Image.fromarray(mask).resize(pixels.shape[1::-1], Image.NEAREST))
        photograph = entry.get("photograph") or entry.get("background")
        yield {"kind": plain_kind(entry), "photograph": photograph, **judge_picture(model, pixels, mask)}


def mean(rows, figure):
    return float(np.mean([row[figure] for row in rows])) if rows else float("nan")


def summary(rows):
    """Means of the figures of forged pictures."""
    return " ".join(f"{figure} {mean(rows, figure):.3f}" for figure in FIGURES) + f" n {len(rows)}"


def report(rows):
    """Print the figures by kind and by size of the region, and those of untouched pictures."""
    forged = [row for row in rows if row["kind"] != "untouched"]
    untouched = [row for row in rows if row["kind"] == "untouched"]
    for kind in sorted({row["kind"] for row in forged}):
        part = [row for row in forged if row["kind"] == kind]
        low, high = bootstrap([row["f1"] for row in part], [row["photograph"] for row in part])
        print(f"{kind}: {summary(part)} f1 interval {low:.2f}..{high:.2f}")
    print(f"all forged: {summary(forged)}")
    bounds = np.quantile([row["share"] for row in forged], np.linspace(0, 1, 6))
    for low, high in zip(bounds, bounds[1:]):
        part = [row for row in forged if low <= row["share"] <= high]
        print(f"  share {low:.4f}..{high:.4f}: {summary(part)}")
    if untouched:
        flagged = np.array([row["flagged"] for row in untouched])
        alarms = (flagged > LEAST_REGION).mean()
        print(f"untouched: flagged {flagged.mean():.4f} p95 {np.percentile(flagged, 95):.4f} alarms {alarms:.2f} n {len(flagged)}")
        pairs = [(row["top"] > other["top"]) + (row["top"] == other["top"]) / 2 for row in forged for other in untouched]
        print(f"picture AUC by the highest {TOP_SHARE:.1%} of probabilities: {np.mean(pairs):.3f}")


def changes():
    """What is done to finished pictures, by name."""
    random = np.random.default_rng(0)

    def as_bytes(change):
        return lambda pixels: np.clip(np.rint(change(pixels.astype(np.float32))), 0, 255).astype(np.uint8)

    def scaled(factor):
        return lambda pixels: resized(pixels, *(round(side * factor) for side in pixels.shape[:2]))

    yield "JPEG 75", as_bytes(lambda pixels: jpeg(pixels, 75))
    yield "scale 0.7", as_bytes(scaled(0.7))
    yield "blur 1", as_bytes(lambda pixels: blurred(pixels, 1))
    yield "noise 4", as_bytes(lambda pixels: noisy(pixels, 4, random))
    yield "scale 0.75, JPEG 80", as_bytes(lambda pixels: jpeg(scaled(0.75)(pixels), 80))


def report_robustness(model, examples):
    """F1 of splices and flagged share of untouched pictures after a change."""
    examples = [example for example in examples if plain_kind(example[0]) in ("splice", "untouched")]
    for name, change in changes():
        rows = list(rows_of(model, examples, change))
        splices, untouched = ([row for row in rows if row["kind"] == kind] for kind in ("splice", "untouched"))
        print(f"{name}: splices {summary(splices)}, untouched flagged {mean(untouched, 'flagged'):.4f}", flush=True)


def report_clips(model, folder):
    """Frames alone against clips: mean F1, and how much the map changes from frame to frame."""
    for entry, frames, masks in read_clips(folder):
        for length in (1, CLIP_FRAMES):
            found = clip_probabilities(model, frames, length)
            f1 = np.mean([judged(probability, mask)["f1"] for probability, mask in zip(found, masks)])
            outside = ~(masks[1:] | masks[:-1])
            flicker = np.abs(np.diff(found, axis=0))[outside].mean()
            print(f"{entry['kind']}, {length} frames together: f1 {f1:.3f} flicker {flicker:.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--state", help="a training state; without it the exported model is judged")
    parser.add_argument("--robustness", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if not args.folder:
        write_held_out()
    folder = args.folder or HELD_OUT
    model, examples = load_model(args.state), list(read_pictures(folder))
    report(list(rows_of(model, examples)))
    report_clips(model, folder)
    if args.robustness:
        report_robustness(model, examples)


if __name__ == "__main__":
    main()
