"""Counter-based numbers, also for the hash weights of the goldens."""

import numpy as np
import torch


def hash32(values):
    """Integer hash of uint32 arrays."""
    x = np.asarray(values, dtype=np.uint32).copy()
    with np.errstate(over="ignore"):
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x7FEB352D)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x846CA68B)
        x ^= x >> np.uint32(16)
    return x


def fnv1a32(name):
    """FNV-1a of a string."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return np.uint32(value)


def stream(counters, name):
    """24-bit integers of the stream `name` at the counters, as float64."""
    return (hash32(hash32(counters) ^ fnv1a32(name)) >> np.uint32(8)).astype(np.float64)


def gaussian_noise(seed, shape, first_frame=0, kind="noise"):
    """float32 [C, F, H, W]; frame numbers are absolute, so chunks of one video agree."""
    channels, frames, height, width = shape
    f = np.arange(first_frame, first_frame + frames, dtype=np.uint64)[None, :, None, None]
    c = np.arange(channels, dtype=np.uint64)[:, None, None, None]
    y = np.arange(height, dtype=np.uint64)[None, None, :, None]
    x = np.arange(width, dtype=np.uint64)
    counters = (((f * channels + c) * height + y) * width + x).astype(np.uint32)
    uniform = [(stream(counters, f"{seed}:{kind}:{part}") + 0.5) / 2**24 for part in "ab"]
    normal = np.sqrt(-2 * np.log(uniform[0])) * np.cos(2 * np.pi * uniform[1])
    return torch.from_numpy(normal.astype(np.float32))


def hash_uniform(name, count):
    """float64 [count] in (-1, 1)."""
    return (stream(np.arange(count, dtype=np.uint32), name) + 0.5) / 2**23 - 1


def hash_weight(name, shape):
    """The golden recipe for a tensor of a state dict."""
    count = int(np.prod(shape))
    values = np.sqrt(3.0) * hash_uniform(name, count)
    last = name.rsplit(".", 1)[-1]
    if last == "gamma" or (last == "weight" and len(shape) == 1):
        values = 1 + 0.1 * values
    elif last == "weight":
        values = values / np.sqrt(count / shape[0])
    elif last == "modulation":
        values = 0.2 * values
    else:
        values = 0.1 * values
    return torch.from_numpy(values.reshape(shape).astype(np.float32))
