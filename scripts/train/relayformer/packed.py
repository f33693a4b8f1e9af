"""Shards in a few megabytes, to take along: python3 -m relayformer.packed SHARD PACKED --count 64 --format PNG."""

import argparse
import io

import numpy as np
from PIL import Image

from .pool import read_shard

# None: without loss.
QUALITIES = {"JPEG": 95, "PNG": None}


def encoded(pixels, kind):
    """Bytes of a picture file."""
    stream = io.BytesIO()
    options = {"quality": QUALITIES[kind]} if QUALITIES[kind] else {"optimize": True}
    Image.fromarray(pixels).save(stream, kind, **options)
    return np.frombuffer(stream.getvalue(), np.uint8)


def write_packed(path, shard, chosen, kind):
    """Chosen entries of a shard."""
    pixels, masks, kinds = (part[chosen] for part in shard)
    files = [encoded(picture, kind) for picture in pixels.reshape(-1, *pixels.shape[-3:])]
    sizes = np.array([len(file) for file in files])
    np.savez_compressed(path, files=np.concatenate(files), sizes=sizes, masks=np.packbits(masks, axis=-1), kinds=kinds)


def read_packed(path):
    """Pixels, masks and kinds as read_shard gives them; reads shards too."""
    with np.load(path) as stored:
        if "files" not in stored:
            return read_shard(path)
        ends = np.cumsum(stored["sizes"])
        parts = np.split(stored["files"], ends[:-1])
        pixels = np.stack([np.asarray(Image.open(io.BytesIO(part.tobytes())).convert("RGB")) for part in parts])
        masks = np.unpackbits(stored["masks"], axis=-1)
        return pixels.reshape(*masks.shape, 3), masks, stored["kinds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shard")
    parser.add_argument("packed")
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--format", choices=list(QUALITIES), default="PNG")
    args = parser.parse_args()
    shard = read_shard(args.shard)
    # Evenly spaced: neighbours may be of the same photograph.
    write_packed(args.packed, shard, np.linspace(0, len(shard[0]) - 1, args.count).astype(int), args.format)


if __name__ == "__main__":
    main()
