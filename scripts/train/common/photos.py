"""Photographs out of unpacked Debian packages: plain files, JPEG XL, Enlightenment backgrounds, Qt resources."""

import io
import json
import struct
import subprocess
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

EET_MAGIC = 0x1EE70F42
FOLDER_FLAG = 2
NODE_BYTES = {1: 14, 2: 22, 3: 22}


def listed_photos():
    """Entries of corpus.json, the permissive subset: package, path, entry, name, split, licence."""
    return json.loads((Path(__file__).resolve().parent / "corpus.json").read_text())["files"]


def largest_jpeg_of_eet(path):
    """Bytes of the largest JPEG entry of an Enlightenment .edj file."""
    content = path.read_bytes()
    magic, count = struct.unpack(">II", content[:8])
    if magic != EET_MAGIC:
        raise ValueError(f"Cannot read {path.name}: not an EET file.")
    best, best_area = b"", 0
    for index in range(count):
        words = struct.unpack(">6I", content[12 + 24 * index : 36 + 24 * index])
        entry = content[words[0] : words[0] + words[1]]
        if entry[:2] != b"\xff\xd8":
            continue
        width, height = Image.open(io.BytesIO(entry)).size
        if width * height > best_area:
            best, best_area = entry, width * height
    return best


@lru_cache(maxsize=8)
def qt_resource(path):
    """Contents by name of a Qt resource file; pictures are stored plain."""
    content = path.read_bytes()
    magic, version, tree, data, names = struct.unpack(">4s4I", content[:20])
    if magic != b"qres" or version not in NODE_BYTES:
        raise ValueError(f"Cannot read {path.name}: not a Qt resource file of version 1 to 3.")
    files = {}

    def visit(node, parent):
        at = tree + node * NODE_BYTES[version]
        name_at, flags = struct.unpack(">IH", content[at : at + 6])
        (length,) = struct.unpack(">H", content[names + name_at : names + name_at + 2])
        text = content[names + name_at + 6 : names + name_at + 6 + 2 * length].decode("utf-16-be")
        name = text if not parent else f"{parent}/{text}"
        if flags & FOLDER_FLAG:
            count, first = struct.unpack(">II", content[at + 6 : at + 14])
            for child in range(first, first + count):
                visit(child, name if node else "")
            return
        (offset,) = struct.unpack(">I", content[at + 10 : at + 14])
        (size,) = struct.unpack(">I", content[data + offset : data + offset + 4])
        files[name] = content[data + offset + 4 : data + offset + 4 + size]

    visit(0, "")
    return files


def read_photo(entry, unpacked):
    """uint8 [h, w, 3] of a listed photograph."""
    path = unpacked / entry["package"] / entry["path"]
    source = path
    if path.suffix == ".edj":
        source = io.BytesIO(largest_jpeg_of_eet(path))
    elif path.suffix == ".rcc":
        source = io.BytesIO(qt_resource(path)[entry["entry"]])
    elif path.suffix == ".jxl":
        # Pillow does not read JPEG XL.
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "image2pipe", "-c:v", "png", "-"]
        source = io.BytesIO(subprocess.run(command, check=True, capture_output=True).stdout)
    return np.asarray(Image.open(source).convert("RGB"))
