"""The training photographs as a folder of JPEG files, reduced so that they are crisp: python3 -m common.photo_folder DIR."""

import argparse
from pathlib import Path

from PIL import Image

from .packages import fetch_packages
from .photos import listed_photos, read_photo

PACKAGES = ("endless-sky-high-dpi", "enlightenment-data", "krank", "lomiri-wallpapers-16.04")
# Reductions by at least 1.33 lose the traces of a photograph's own compression; these are soft or compressed more.
SOFT = {"endless-sky-high-dpi": 0.6}
MOST_PIXELS, LARGE_SIDE = 7_000_000, 2000
QUALITY = 92


def reduction(entry, width, height):
    """Factor of the sides of a photograph."""
    if entry["package"] in SOFT:
        return SOFT[entry["package"]]
    if width * height > MOST_PIXELS:
        return 0.45
    return 0.5 if max(width, height) >= LARGE_SIDE else 0.75


def main():
    """Write PACKAGE__NAME.jpg for each photograph of the training part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    unpacked = fetch_packages(PACKAGES)
    for entry in listed_photos():
        if entry["package"] not in PACKAGES or entry["split"] != "train":
            continue
        picture = Image.fromarray(read_photo(entry, unpacked))
        factor = reduction(entry, *picture.size)
        reduced = picture.resize(tuple(round(side * factor) for side in picture.size), Image.LANCZOS)
        name = Path(entry["name"]).stem.replace("/", "_").replace("@", "_")
        reduced.save(args.folder / f"{entry['package']}__{name}.jpg", quality=QUALITY, subsampling=0)


if __name__ == "__main__":
    main()
