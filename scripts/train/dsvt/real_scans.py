"""Labelled real scans: a folder of NAME.bin or NAME.pcd beside NAME.labels.json, as PandaSet frames are kept here."""

import json

import numpy as np

from .shapes import CYCLIST, PEDESTRIAN, VEHICLE

PCD_TYPES = {"F4": "<f4", "F8": "<f8", "U1": "u1", "U2": "<u2", "U4": "<u4", "I1": "i1", "I2": "<i2", "I4": "<i4"}
# Words of label names, the first that fits.
WORDS = (
    ("pedestrian", PEDESTRIAN),
    ("bicycl", CYCLIST),
    ("cyclist", CYCLIST),
    ("motorcycl", CYCLIST),
    ("car", VEHICLE),
    ("truck", VEHICLE),
    ("van", VEHICLE),
    ("bus", VEHICLE),
    ("vehicle", VEHICLE),
)


def unpack_lzf(packed, size):
    """Bytes of LZF data."""
    out, at = bytearray(), 0
    while len(out) < size:
        control = packed[at]
        at += 1
        if control < 32:
            out += packed[at : at + control + 1]
            at += control + 1
            continue
        length = control >> 5
        if length == 7:
            length += packed[at]
            at += 1
        begin = len(out) - (((control & 31) << 8) | packed[at]) - 1
        at += 1
        for index in range(begin, begin + length + 2):
            out.append(out[index])
    return bytes(out)


def read_pcd(path):
    """x, y, z [n, 3] of a compressed PCD file."""
    content = path.read_bytes()
    end = content.index(b"\n", content.index(b"DATA")) + 1
    header = dict(line.split(" ", 1) for line in content[:end].decode().splitlines() if not line.startswith("#"))
    if header["DATA"].strip() != "binary_compressed":
        raise ValueError(f"Cannot read {path.name}: its data are {header['DATA']}. Save it as binary_compressed.")
    packed, size = np.frombuffer(content, "<u4", 2, end)
    body = unpack_lzf(content[end + 8 : end + 8 + int(packed)], int(size))
    count, at, columns = int(header["POINTS"]), 0, {}
    for name, kind, width in zip(*(header[key].split() for key in ("FIELDS", "TYPE", "SIZE"))):
        columns[name] = np.frombuffer(body, PCD_TYPES[kind + width], count, at).astype(np.float32)
        at += count * int(width)
    return np.stack([columns[name] for name in "xyz"], axis=1)


def read_points(path):
    """x, y, z [n, 3] of a scan."""
    if path.suffix == ".pcd":
        return read_pcd(path)
    return np.fromfile(path, "<f4").reshape(-1, 4)[:, :3]


def class_of(label):
    """Class of a label's name, -1 for none of ours."""
    return next((number for word, number in WORDS if word in label.lower()), -1)


def ground_height(points):
    """Height of the ground near the sensor: the median over 2 m squares between 3 and 20 m of their low points."""
    away = np.hypot(points[:, 0], points[:, 1])
    near = points[(away > 3) & (away < 20)]
    keys = np.floor(near[:, 0] / 2).astype(int) * 1000 + np.floor(near[:, 1] / 2).astype(int)
    order = np.lexsort((near[:, 2], keys))
    heights = near[order, 2]
    starts = np.flatnonzero(np.diff(keys[order], prepend=-(10**9)))
    counts = np.diff(starts, append=len(heights))
    return float(np.median(heights[starts + counts // 10]))


def labelled_scans(folder):
    """Yield name, points with the ground at 0, boxes [m, 7], classes [m] and numbers of points [m]."""
    for labels in sorted(folder.glob("*.labels.json")):
        name = labels.name.removesuffix(".labels.json")
        path = next(path for path in (folder / f"{name}.bin", folder / f"{name}.pcd") if path.exists())
        points = read_points(path)
        entries = json.loads(labels.read_text())["boxes"]
        boxes = np.array([entry["box"] for entry in entries], np.float64)
        classes = np.array([class_of(entry["label"]) for entry in entries])
        counts = np.array([entry["num_points"] for entry in entries])
        ground = ground_height(points)
        yield name, points - np.array([0, 0, ground], np.float32), boxes - [0, 0, ground, 0, 0, 0, 0], classes, counts
