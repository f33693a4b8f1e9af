"""Compare the PyTorch twin with the golden files: python3 -m favit.test_twin [GOLDEN_FOLDER]."""

import json
import sys
from pathlib import Path

import torch

from common.golden import run_checks, weights_of
from common.paths import REPOSITORY
from common.pictures import centre_square, label_pixels, normalise, segmenter_input

from .attention import FactorizedAttention, as_map, fused_windows
from .backbone import Block, Classifier
from .semantic_fpn import SemanticFpnFavit

DEFAULT_FOLDER = REPOSITORY / "fixtures" / "golden" / "favit"


def backbone_of(config):
    """The stored configuration in our terms."""
    names = {"embedDims": "embed_dims", "heads": "num_heads", "mlpRatios": "mlp_ratios"}
    names.update(depths="depths", srRatios="sr_ratios")
    return {ours: config[theirs] for ours, theirs in names.items()}


def slice_of(tensor, count):
    """The stored sample: count values at even distances of the flat tensor."""
    return tensor.flatten()[torch.arange(count) * tensor.numel() // count]


def tokens_of(stored, config):
    """[b, n, c] -> [b, y, x, c]."""
    return stored.unflatten(1, (config["H"], config["W"]))


def check_attention(tensors, config):
    module = FactorizedAttention(config["dim"], config["num_heads"], config["sr_ratio"])
    module.load_state_dict(weights_of(tensors))
    x = tokens_of(tensors["input.x"], config)
    local = module.kv_l(as_map(x)[:, module.shared :])
    if "mid.kv_l" in tensors:
        yield local, tensors["mid.kv_l"]
    for index, source in enumerate(local.split(module.group, dim=1)):
        yield fused_windows(source, module.heads, module.dilations[index]), tensors[f"mid.pooled_{index + 1}"]
        for name, made in zip("kv", module.local_key_value(index, source)):
            yield made, tensors[f"mid.{name}_{index + 1}"]
    yield module(x).flatten(1, 2), tensors["output.y"]


def check_block(tensors, config):
    block = Block(*(config[name] for name in ("dim", "num_heads", "sr_ratio", "mlp_ratio")))
    block.load_state_dict(weights_of(tensors))
    yield block.eval()(tokens_of(tensors["input.x"], config)).flatten(1, 2), tensors["output.y"]


def check_classifier(tensors, config):
    model = Classifier(backbone_of(config), config["num_classes"])
    model.load_state_dict(weights_of(tensors))
    for index in range(len(config["images_BHW"])):
        yield model.eval()(tensors[f"input.image{index}"]), tensors[f"output.logits{index}"]


def check_semantic_fpn(tensors, config):
    network = {"backbone": backbone_of(config["backbone"]), "pyramid": config["fpn_out"]}
    model = SemanticFpnFavit({**network, "channels": config["head_channels"], "classes": config["num_classes"]})
    # The number of batches that batch norm has seen is not stored.
    missing = model.load_state_dict(weights_of(tensors), strict=False)
    assert not missing.unexpected_keys and all(key.endswith("num_batches_tracked") for key in missing.missing_keys)
    x = tensors["input.image0"]
    logits = model.eval()(x)
    yield logits, tensors["output.0.head_logits"]
    scores = label_pixels(logits, x.shape[2:], config["items"][0]["ori_shape"])
    yield slice_of(scores, 1024), tensors["output.0.resized_logits.slice"]
    assert torch.equal(scores.argmax(dim=1).to(torch.uint8), tensors["output.0.argmax"]), "classes differ"


def check_preprocess(tensors, config):
    picture = tensors["input.rgb"].numpy()
    size = config["cls_input_size"]
    square = torch.from_numpy(centre_square(picture, {"imageSize": size, "cropShare": 0.875}))
    yield normalise(square.permute(2, 0, 1)), tensors["output.cls_input"]
    longest, shortest = config["seg_scale"]
    limits = {"longest": longest, "shortest": shortest, "divisor": config["size_divisor"]}
    yield segmenter_input(picture, limits)[0], tensors["output.seg_input"]


CHECKS = {
    "fasa": check_attention,
    "block": check_block,
    "classifier": check_classifier,
    "semantic_fpn": check_semantic_fpn,
    "preprocess": check_preprocess,
}


def check_of(_, meta):
    """The check of a case, None for one that is left out: detectors, and weights made by a rule instead of being stored."""
    check = CHECKS.get(meta.get("kind"))
    if check is None or meta["weights"].startswith("hash32"):
        return None
    return lambda tensors, stored: check(tensors, json.loads(stored["config"]))


def main():
    """Run every case; exit status 1 when one fails."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER
    sys.exit(run_checks(folder, check_of) > 0)


if __name__ == "__main__":
    main()
