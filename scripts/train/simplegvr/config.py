"""The mini-xs configuration and file locations."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
CACHE = REPOSITORY / ".cache"
TRAIN_FOLDER = CACHE / "upscale-train"
EVAL_FOLDER = CACHE / "upscale-eval"
MODEL_FILE = REPOSITORY / "models" / "simplegvr-mini-xs" / "model.safetensors"

MINI_XS = {
    "vae": {
        "dim": 16,
        "dim_mult": [1, 2],
        "num_res_blocks": 1,
        "temporal": [False],
        "z_dim": 24,
        "patch": 2,
        "cond": True,
        "mid_attn": False,
        "residual": True,
        "res_scale": 0.1,
    },
    "net": {
        "z_dim": 24,
        "cond_dim": 32,
        "patch_size": [1, 1, 1],
        "dim": 64,
        "ffn_dim": 256,
        "num_heads": 2,
        "num_layers": 4,
        "freq_dim": 64,
        "cross_attn": False,
        "attention": {"type": "sparse_local", "window": [8, 8], "topk": 1, "unit": 5, "shift": 2},
        "upsampler": {"variant": "res3d", "hidden": 32, "t_levels": 0},
    },
}
