"""Compare the PyTorch twin with the golden files: python3 -m simplegvr.test_twin [GOLDEN_FOLDER]."""

import json
import sys
from pathlib import Path

import torch

from common.golden import run_checks, weights_of
from common.paths import REPOSITORY
from common.tensor_file import read_tensors

from . import metrics
from .dit import Dit
from .mini_vae import MiniVae
from .noise import gaussian_noise, hash_uniform, hash_weight
from .pipeline import upscale_frames
from .resize import resize
from .simplegvr import LatentNetwork, SimpleGvr
from .sparse_attention import select_windows, sparse_attention, to_windows, unit_bounds
from .upsampler import make_upsampler

DEFAULT_FOLDER = REPOSITORY / "fixtures" / "golden" / "simplegvr"


def wan_vae_config(config):
    """The published autoencoder in terms of the MiniVAE options."""
    fixed = {"patch": 1, "cond": False, "mid_attn": True, "residual": False, "res_scale": 0.1}
    return dict(config, temporal=config["temperal_downsample"], **fixed)


def check_vae_wan(tensors, meta, folder):
    source = tensors
    config = json.loads(meta["config"])
    if not weights_of(source):
        source, _ = read_tensors(folder / "vae_wan_t4s8.safetensors")
    vae = MiniVae(wan_vae_config(config))
    vae.load_state_dict(weights_of(source), strict=False)
    vae.latents_mean.copy_(tensors["input.latent_mean"])
    vae.latents_std.copy_(tensors["input.latent_std"])
    # The reference drops frames that do not fill a group; the twin works on whole groups only.
    frames = 1 + (tensors["input.video"].shape[2] - 1) // 4 * 4
    latent = vae.encode(tensors["input.video"][:, :, :frames])
    yield latent, tensors["output.latent"]
    yield vae.decode(latent), tensors["output.decoded"]


def check_minivae(tensors, meta, _):
    vae = MiniVae(json.loads(meta["config"]))
    vae.load_state_dict(weights_of(tensors), strict=False)
    base = tensors.get("input.cond_video")
    latent = vae.encode(tensors["input.video"])
    yield latent, tensors["output.latent"]
    if base is not None:
        yield vae.cond_map(base), tensors["mid.cond_map"]
    yield vae.decode(latent, base), tensors["output.decoded"]


def check_upsampler(tensors, meta, _):
    config = json.loads(meta["config"])
    net = make_upsampler(config, config["z_dim"], config["cond_dim"])
    net.load_state_dict(weights_of(tensors, "weight.upsampler."))
    yield net(tensors["input.lr_latent"], json.loads(meta["size"])), tensors["output.cond"]


def check_sparse_local_attention(tensors, meta, _):
    grid, window, topk = (json.loads(meta[key]) for key in ("grid", "window_hw", "topk"))
    query, key, value = (tensors[f"input.{name}"] for name in "qkv")
    counts = (to_windows(torch.ones(1, query.shape[1], 1, 1), grid, window)).sum(dim=3)[0, 0]
    chosen, scores = select_windows(to_windows(query, grid, window), to_windows(key, grid, window), counts, topk)
    assert torch.equal(chosen.int(), tensors["mid.selected"]), "window selection differs"
    diagonal = torch.eye(scores.shape[-1], dtype=torch.bool)
    yield scores.masked_fill(diagonal, 0), tensors["mid.window_scores"].masked_fill(diagonal, 0)
    yield sparse_attention(query, key, value, grid, window, topk), tensors["output.o"]


def check_temporal_units(tensors, meta, _):
    for name, expected in tensors.items():
        frames, parity = (int(part.strip("Tparity")) for part in name.split(".")[1:])
        bounds = unit_bounds(frames, int(meta["unit"]), int(meta["shift"]), parity)
        ids = [index for index, (first, end) in enumerate(bounds) for _ in range(first, end)]
        yield torch.tensor(ids), expected


def check_dit_wan(tensors, meta, _):
    config = dict(json.loads(meta["config"]), cross_attn=True)
    config["attention"] = {"type": "full", "unit": 0, "shift": 0}
    net = Dit(config)
    net.load_state_dict(weights_of(tensors))
    context = [tensors[key] for key in sorted(tensors) if key.startswith("input.context")]
    yield net(tensors["input.x"], tensors["input.t"], context), tensors["output.v"]


def check_simplegvr(tensors, meta, _):
    net = LatentNetwork(json.loads(meta["config"]))
    net.load_state_dict(weights_of(tensors))
    context = [tensors[key] for key in sorted(tensors) if key.startswith("input.context")]
    condition = net.upsampler(tensors["input.lr_latent"], json.loads(meta["size"]))
    yield condition, tensors["mid.upsampled"]
    latent = net.sample(
        condition,
        noise=tensors["input.noise"],
        aug_noise=tensors["input.aug_noise"],
        aug=float(meta["aug"]),
        steps=int(meta["steps"]),
        shift=float(meta["shift"]),
        context=context,
    )
    yield latent, tensors["output.latent"]


def check_mini_pipeline(tensors, meta, _):
    model = SimpleGvr(json.loads(meta["config"]))
    buffers = ("vae.latents_mean", "vae.latents_std")
    model.load(
        {key: value if key in buffers else hash_weight(key, value.shape) for key, value in model.state().items()}
    )
    frames = upscale_frames(
        model,
        tensors["input.lr_frames"],
        int(meta["scale"]),
        steps=int(meta["steps"]),
        aug=float(meta["aug"]),
        seed=meta["seed"],
    )
    expected = tensors["output.frames_u8"]
    differ = (frames.int() - expected.int()).abs()
    assert differ.max() <= 1 and (differ > 0).float().mean() <= 1e-3, "8-bit frames differ"
    yield frames, expected


def check_noise(tensors, meta, _):
    yield gaussian_noise(meta["seed"], json.loads(meta["shape"]), int(meta["first_frame"])), tensors["output.noise"]


def check_hash_uniform(tensors, meta, _):
    for name, key in zip(json.loads(meta["names"]), ("output.a", "output.b")):
        yield torch.from_numpy(hash_uniform(name, 8)), tensors[key]


def check_resize(tensors, _, __):
    for key, expected in tensors.items():
        if key.startswith("output."):
            name = key[7:].split("_")[0]
            yield resize(tensors["input.image"], expected.shape, name), expected


def check_metrics(tensors, _, __):
    test, reference = tensors["input.test"], tensors["input.reference"]
    yield metrics.psnr_rgb(test, reference), tensors["output.psnr_rgb"]
    yield metrics.ssim_y(test, reference), tensors["output.ssim_y"]
    yield metrics.gmsd_y(test, reference), tensors["output.gmsd_y"]


# Kinds of the published giants and of parts that training does not use are left to the product's own tests.
CHECKS = {
    "vae_wan": check_vae_wan,
    "minivae": check_minivae,
    "upsampler": check_upsampler,
    "sparse_local_attention": check_sparse_local_attention,
    "temporal_units": check_temporal_units,
    "dit_wan": check_dit_wan,
    "simplegvr": check_simplegvr,
    "mini_pipeline": check_mini_pipeline,
    "noise": check_noise,
    "hash_uniform": check_hash_uniform,
    "resize": check_resize,
    "metrics": check_metrics,
}


def check_of(path, meta):
    """The check of a case, None for one that is left out."""
    check = None if path.stem.startswith(("hash_dit", "hash_vae")) else CHECKS.get(meta.get("kind"))
    return check and (lambda tensors, meta: check(tensors, meta, path.parent))


def main():
    """Run every case; exit status 1 when one fails."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER
    sys.exit(run_checks(folder, check_of) > 0)


if __name__ == "__main__":
    main()
