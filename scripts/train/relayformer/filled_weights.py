"""Weights that golden files do not store: a rule makes them from names and shapes."""

import numpy as np
import torch

WORD = 0xFFFFFFFF


def words(text, count):
    """`count` unsigned 32-bit numbers from a text."""
    seed = 0x811C9DC5
    for byte in text.encode():
        seed = ((seed ^ byte) * 0x01000193) & WORD
    a = (np.arange(count, dtype=np.uint64) * 2654435761 + seed) & WORD
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        a = ((a ^ (a >> np.uint64(shift))) * factor) & WORD
    return a ^ (a >> np.uint64(16))


def scale_and_offset(name, shape):
    """Of a tensor that is not one of the special cases below."""
    root, leaf = np.sqrt(3.0), name.rsplit(".", 1)[-1]
    if leaf == "lora_A":
        return root / np.sqrt(shape[0]), 0
    if leaf == "lora_B":
        return 0.3 * root / np.sqrt(shape[0]), 0
    if leaf in ("cls_token", "reg_token") or name.endswith("mask_embed.weight"):
        return root, 0
    if leaf == "pos_embed":
        return 0.5 * root, 0
    if name.endswith("input_proj.weight"):
        return 0.15 * root / np.sqrt(shape[1] * 9), 0
    if len(shape) >= 2:
        return root / np.sqrt(np.prod(shape[1:])), 0
    return 0.1 * root, 1 if leaf == "weight" else 0


def filled(name, shape, seed):
    """float32 tensor of a name."""
    uniform = words(f"{seed}:{name}", int(np.prod(shape))).astype(np.float64) / 2.0**31 - 1
    if name.endswith("in_proj_weight"):
        gain = np.where(np.arange(shape[0]) < shape[1], 1.0, 6.0)[:, None]
        values = gain * np.sqrt(3.0) / np.sqrt(shape[1]) * uniform.reshape(shape)
    else:
        scale, offset = scale_and_offset(name, shape)
        values = scale * uniform + offset
    return torch.from_numpy(values.reshape(shape).astype(np.float32))


def fill(module, seed, prefix=""):
    """Give a module the weights of a seed; the frequencies of rotary positions stay as they are."""
    state = module.state_dict()
    for name in state:
        if not name.endswith("token_rotary_emb.freqs"):
            state[name] = filled(prefix + name, tuple(state[name].shape), seed)
    module.load_state_dict(state)
