"""The mini-xs configuration and file locations."""

from common.paths import CACHE, MODELS

TRAIN_FOLDER = CACHE / "upscale-train"
EVAL_FOLDER = CACHE / "upscale-eval"
MODEL_FILE = MODELS / "simplegvr-mini-xs" / "model.safetensors"

SCALES = (2, 3, 4)

MINI_XS = {
    # Frames of a training clip. Longer videos are cut into such clips: what the causal layers remember of
    # more frames is nothing that they have seen, and costs up to 0.7 dB after a dozen frames.
    "clip": 5,
    # One level of 4x4 patches instead of two levels of 2x2: every output pixel has its own channel, so a
    # linear autoencoder can be written down as the start of training (see start.py). The latent holds 32 of
    # the 48 colour and frequency components of a patch: all of brightness, the lower half of colour.
    "vae": {
        "dim": 72,
        "dim_mult": [1],
        "num_res_blocks": 1,
        "temporal": [],
        "z_dim": 32,
        "patch": 4,
        "cond": True,
        "mid_attn": False,
        "residual": True,
        "res_scale": 0.1,
    },
    # A token is a square of 2x2 latent positions, as in the paper: at x2 and x4 it lies inside one position
    # of the low-resolution latent and knows which part of it each of its own positions is.
    "net": {
        "z_dim": 32,
        "cond_dim": 32,
        "patch_size": [1, 2, 2],
        "dim": 144,
        "ffn_dim": 576,
        "num_heads": 4,
        "num_layers": 5,
        "freq_dim": 64,
        "cross_attn": False,
        "attention": {"type": "sparse_local", "window": [8, 8], "topk": 1, "unit": 5, "shift": 2},
        "upsampler": {"variant": "res3d", "hidden": 48, "t_levels": 0},
    },
}
