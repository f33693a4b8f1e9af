"""Compare the PyTorch twin with the golden files: python3 -m dinat.test_twin [GOLDEN_FOLDER]."""

import json
import sys
from pathlib import Path

import torch

from common.golden import run_checks, weights_of
from common.paths import REPOSITORY
from common.pictures import cv_resize, dense_input, dense_size, label_pixels, segmenter_input

from .attention import gathered_attention, neighbourhood_attention
from .backbone import Block, Classifier, ConvDownsampler, ConvTokenizer, NeighbourhoodAttention
from .boxes import align_regions, decode, suppress
from .detector import MaskRcnnDinat
from .upernet import UperNetDinat, UperNetHead

DEFAULT_FOLDER = REPOSITORY / "fixtures" / "golden" / "dinat"


def backbone_of(meta, tensors, prefix=""):
    """The stored configuration in our terms."""
    names = {"embedDim": "embed_dim", "mlpRatio": "mlp_ratio", "depths": "depths", "heads": "num_heads"}
    names.update(kernel="kernel_size", dilations="dilations")
    config = {ours: value_of(meta[theirs]) for ours, theirs in names.items() if theirs in meta}
    config.setdefault("dilations", [[1] * depth for depth in config["depths"]])
    return dict(config, layerScale=f"weight.{prefix}levels.0.blocks.0.gamma1" in tensors)


def value_of(stored):
    """Metadata values are JSON text at the top and plain inside objects."""
    return json.loads(stored) if isinstance(stored, str) else stored


def check_attention(tensors, meta):
    query, key, value = (tensors[f"input.{name}"] for name in "qkv")
    kernel, dilation = int(meta["kernel_size"]), int(meta["dilation"])
    side = 2 * kernel - 1
    bias = tensors.get("input.rpb", torch.zeros(query.shape[1], side, side))
    for attend in (gathered_attention, neighbourhood_attention):
        yield attend(query, key, value, bias, kernel, dilation), tensors["output.out"]


def check_attention_module(tensors, meta):
    module = NeighbourhoodAttention(*(int(meta[name]) for name in ("dim", "num_heads", "kernel_size", "dilation")))
    module.load_state_dict(weights_of(tensors))
    yield module(tensors["input.x"]), tensors["output.y"]


def check_block(tensors, meta):
    kernel, dilation = int(meta["kernel_size"]), int(meta["dilation"])
    scaled = "weight.gamma1" in tensors
    block = Block(int(meta["dim"]), int(meta["num_heads"]), kernel, dilation, float(meta["mlp_ratio"]), scaled, 0.0)
    block.load_state_dict(weights_of(tensors))
    yield block(tensors["input.x"]), tensors["output.y"]


def check_conv_tokenizer(tensors, meta):
    module = ConvTokenizer(int(meta["embed_dim"]))
    module.load_state_dict(weights_of(tensors))
    yield module(tensors["input.x"]), tensors["output.y"]


def check_conv_downsampler(tensors, meta):
    module = ConvDownsampler(int(meta["dim"]))
    module.load_state_dict(weights_of(tensors))
    yield module(tensors["input.x"]), tensors["output.y"]


def check_classifier(tensors, meta):
    model = Classifier(backbone_of(meta, tensors), int(meta["num_classes"]))
    model.load_state_dict(weights_of(tensors))
    yield model.eval()(tensors["input.x"]), tensors["output.y"]


def check_upernet_head(tensors, meta):
    maps = [tensors[f"input.feat{index}"] for index in range(4)]
    head = UperNetHead(
        [each.shape[1] for each in maps], int(meta["channels"]), int(meta["num_classes"]), json.loads(meta["pool_scales"])
    )
    head.load_state_dict(weights_of(tensors, "weight.decode_head."))
    yield head.eval()(maps), tensors["output.logits"]


def check_upernet(tensors, meta):
    longest, shortest = json.loads(meta["img_scale"])
    picture = tensors["input.image_bgr_u8"].flip(2).numpy()
    x = segmenter_input(picture, {"longest": longest, "shortest": shortest})
    config = {
        "backbone": backbone_of(json.loads(meta["backbone"]), tensors, "backbone."),
        "channels": int(meta["channels"]),
        "classes": int(meta["num_classes"]),
        "poolScales": json.loads(meta["pool_scales"]),
    }
    model = UperNetDinat(config)
    model.load_state_dict(weights_of(tensors))
    logits = model.eval()(x)
    yield logits, tensors["mid.logits"]
    scores = label_pixels(logits, x.shape[2:], picture.shape[:2])[0]
    assert torch.equal(scores.argmax(dim=0), tensors["output.seg"].long()), "classes differ"
    # Stored in 16 bits.
    yield scores.softmax(dim=0).amax(dim=0).half(), tensors["output.prob_max"].half()


def check_preprocess(tensors, meta):
    longest, shortest = json.loads(meta["scale"])
    picture = tensors["input.image_bgr_u8"].numpy()
    width, height = dense_size(picture.shape[1], picture.shape[0], {"longest": longest, "shortest": shortest})
    resized = torch.from_numpy(cv_resize(picture, width, height))
    assert torch.equal(resized, tensors["mid.resized_bgr_u8"]), "8-bit pictures differ"
    yield resized, tensors["mid.resized_bgr_u8"]


def check_delta_decode(tensors, meta):
    stds = json.loads(meta["stds"])
    yield decode(tensors["input.boxes"], tensors["input.deltas"], stds, json.loads(meta["max_shape_hw"])), tensors["output.boxes"]


def check_nms(tensors, meta):
    boxes, scores, classes = (tensors[f"input.{name}"] for name in ("boxes", "scores", "classes"))
    for name, groups in (("per_class", classes.long()), ("agnostic", torch.zeros(len(boxes), dtype=torch.long))):
        kept = suppress(boxes, scores, groups, float(meta["iou_threshold"]))
        yield kept, tensors[f"output.keep_{name}"]


def check_roi_align(tensors, meta):
    rois, size, stride = tensors["input.rois"], int(meta["output_size"]), 1 / float(meta["spatial_scale"])
    pooled = [
        align_regions(tensors["input.features"][int(roi[0])], roi[None, 1:], stride, size, int(meta["sampling_ratio"]))
        for roi in rois
    ]
    yield torch.cat(pooled), tensors["output.y"]


def check_mask_rcnn(tensors, meta):
    proposals, detections = json.loads(meta["rpn_cfg"]), json.loads(meta["rcnn_cfg"])
    channels = int(meta["fpn_channels"])
    detector = {
        "classes": int(meta["num_classes"]),
        "neck": {"channels": channels, "levels": 5},
        "rpn": {"channels": channels, "anchors": {"scales": [8], "ratios": [0.5, 1, 2], "strides": [4, 8, 16, 32, 64]}},
        "roi": {"strides": [4, 8, 16, 32], "finestScale": 56, "samplingRatio": 0},
        "stages": [{"roiSize": 7, "fcs": 2, "fcChannels": int(meta["fc_out"]), "stds": json.loads(meta["stds"])[0]}],
        "mask": {"roiSize": 14, "convs": 4, "channels": channels, "threshold": 0.5},
        "proposals": {
            "preNms": proposals["nms_pre"],
            "postNms": proposals["max_per_img"],
            "iou": proposals["nms"]["iou_threshold"],
            "minSize": proposals["min_bbox_size"],
        },
        "detections": {
            "scoreThreshold": detections["score_thr"],
            "iou": detections["nms"]["iou_threshold"],
            "max": detections["max_per_img"],
        },
    }
    backbone = backbone_of(json.loads(meta["backbone"]), tensors, "backbone.")
    model = MaskRcnnDinat({"backbone": backbone, "detector": detector}).eval()
    model.load_state_dict(weights_of(tensors))
    longest, shortest = json.loads(meta["img_scale"])
    picture = tensors["input.image_bgr_u8"].flip(2).numpy()
    x = dense_input(picture, {"longest": longest, "shortest": shortest}, 32)
    boxes, scores, classes, masks = model.detect(x, json.loads(meta["img_shape"]))
    assert torch.equal(classes, tensors["output.det_labels"].long()), "classes differ"
    boxes = boxes / torch.tensor(json.loads(meta["scale_factor"]))
    yield torch.cat([boxes, scores[:, None]], dim=1), tensors["output.det_bboxes"]
    yield masks, tensors["mid.mask_prob"]


CHECKS = {
    "na2d": check_attention,
    "attention_module_2d": check_attention_module,
    "block": check_block,
    "conv_tokenizer": check_conv_tokenizer,
    "conv_downsampler": check_conv_downsampler,
    "classifier": check_classifier,
    "upernet_head": check_upernet_head,
    "upernet": check_upernet,
    "preprocess_mm": check_preprocess,
    "delta_decode": check_delta_decode,
    "nms": check_nms,
    "roialign": check_roi_align,
    "mask_rcnn": check_mask_rcnn,
}
# Layouts that no training here uses, and weights that are made by a rule instead of being stored.
LEFT_OUT = ("real_", "block_dinats", "block_vitrpb", "cls_dinats", "cls_isotropic")


def check_of(path, meta):
    """The check of a case, None for one that is left out."""
    return None if path.stem.startswith(LEFT_OUT) else CHECKS.get(meta.get("kind"))


def main():
    """Run every case; exit status 1 when one fails."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER
    sys.exit(run_checks(folder, check_of) > 0)


if __name__ == "__main__":
    main()
