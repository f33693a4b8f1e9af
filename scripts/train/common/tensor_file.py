"""Reader and writer of safetensors files, so that training needs only torch, numpy and Pillow."""

import json
import os
import struct

import numpy as np
import torch

NUMPY_TYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "U8": np.uint8,
    "BOOL": np.bool_,
}
FILE_TYPES = {np.dtype(kind): name for name, kind in NUMPY_TYPES.items()}


def read_header(file):
    """Header of an open safetensors file: entries by key."""
    (header_bytes,) = struct.unpack("<Q", file.read(8))
    return json.loads(file.read(header_bytes))


def read_metadata(path):
    """Metadata by key of a safetensors file."""
    with open(path, "rb") as file:
        return read_header(file).get("__metadata__", {})


def read_tensors(path):
    """Return (tensors by key, metadata by key) of a safetensors file."""
    with open(path, "rb") as file:
        header = read_header(file)
        body = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for key, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = np.frombuffer(body[begin:end], dtype=NUMPY_TYPES[entry["dtype"]])
        tensors[key] = torch.from_numpy(flat.reshape(entry["shape"]).copy())
    return tensors, metadata


def write_tensors(path, tensors, metadata):
    """Write tensors (sorted by key) and string metadata; the file appears complete or not at all."""
    header = {"__metadata__": metadata}
    parts = []
    offset = 0
    for key in sorted(tensors):
        array = np.ascontiguousarray(tensors[key].detach().cpu().numpy())
        header[key] = {
            "dtype": FILE_TYPES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        parts.append(array.tobytes())
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    # Aligned data lets readers map the file without copying.
    text += b" " * (-len(text) % 8)
    partial = f"{path}.partial"
    with open(partial, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for part in parts:
            file.write(part)
    os.replace(partial, path)
