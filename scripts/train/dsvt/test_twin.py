"""Compare the PyTorch twin and the simulator with golden files: python3 -m dsvt.test_twin FOLDER."""

import json
import sys
from pathlib import Path

import numpy as np
import torch

from common.golden import run_checks, weights_of

from . import raycast
from .boxes import pairwise_ground_iou, solid_iou
from .detect import select
from .losses import detection_losses
from .network import DSVT, MapNetwork
from .targets import cell_places, heatmap_of

# The authors' kernel takes in corners that lie 1 cm outside.
OVERLAP_BAR = 4e-3
SCORE_BAR, BOX_BAR = 1e-3, 1e-3


def network_of(tensors, meta):
    """The stored detector."""
    extent, voxel_size = json.loads(meta["point_cloud_range"]), json.loads(meta["voxel_size"])
    model = DSVT(json.loads(meta["config"]), extent, voxel_size, tensors["input.points"].shape[1] - 1)
    missing, unexpected = model.load_state_dict(weights_of(tensors), strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    return model


def turned_boxes(boxes):
    """The official suppression turns each rectangle by 90 degrees about its middle."""
    return boxes - np.array([0, 0, 0, 0, 0, 0, np.pi / 2])


def check_detector(tensors, meta):
    """Intermediate features, outputs of the head, and the boxes of each scan before suppression."""
    model = network_of(tensors, meta).eval()
    inputs = model.inputs(tensors["input.points"].numpy(), 2)
    features = model.vfe(inputs.features, inputs.starts, inputs.counts)
    yield features, tensors["mid.vfe_features"]
    yield model.backbone_3d(features, inputs.sets), tensors["mid.backbone_3d_features"]
    outputs = model(inputs)
    for name, values in outputs.items():
        yield values, tensors[f"mid.head0.{name}"]
    cells = torch.tensor([[0, 0, 0], [1, 31, 31], [0, 5, 7], [1, 31, 0], [0, 1, 30]])
    for name, values in model(inputs, cells).items():
        if name != "hm":
            yield values, outputs[name][cells[:, 0], :, cells[:, 1], cells[:, 2]]
    post = model.config["DENSE_HEAD"]["POST_PROCESSING"]
    for number in range(2):
        one = {name: values[number : number + 1] for name, values in outputs.items()}
        found = select(one, model.extent, model.voxel_size[:2], post, turned_boxes)
        golden = {name: tensors[f"output.pred_{name}.{number}"].numpy() for name in ("boxes", "scores", "labels")}
        assert len(found.boxes) == len(golden["boxes"]), f"{len(found.boxes)} boxes, expected {len(golden['boxes'])}"
        for box, score, label in zip(*golden.values()):
            near = np.abs(found.boxes - box).max(axis=1) < BOX_BAR
            assert (near & (np.abs(found.scores - score) < SCORE_BAR) & (found.classes + 1 == label)).any(), (box, score)


def check_map_network(tensors, meta):
    """The residual network over the map."""
    x = tensors["input.spatial_features"]
    model = MapNetwork(json.loads(meta["config"]), x.shape[1]).eval()
    model.load_state_dict(weights_of(tensors, "weight.backbone_2d."), strict=False)
    yield model(x), tensors["output.spatial_features_2d"]


def check_train_step(tensors, meta):
    """Targets, losses, gradients and running statistics of one step."""
    model = network_of(tensors, meta).train()
    cell, shape = model.voxel_size[:2], (32, 32)
    assigner = model.config["DENSE_HEAD"]["TARGET_ASSIGNER_CONFIG"]
    heatmaps, cells, targets = [], [], []
    for number, boxes in enumerate(tensors["input.gt_boxes"].numpy()):
        boxes = boxes[boxes[:, 7] > 0] - np.array([0] * 7 + [1], np.float32)
        places = cell_places(boxes, model.extent, cell, shape)
        heatmaps.append(heatmap_of(boxes, 3, places, cell, shape, assigner))
        cells.extend((number, row, column) for column, row in places.astype(int))
        targets.append(boxes)
    heatmap, cells = torch.from_numpy(np.stack(heatmaps)), torch.tensor(cells)
    yield heatmap, tensors["output.heatmap"]
    with torch.enable_grad():
        outputs = model(model.inputs(tensors["input.points"].numpy(), 2))
        at = {
            name: values if name == "hm" else values[cells[:, 0], :, cells[:, 1], cells[:, 2]]
            for name, values in outputs.items()
        }
        losses = detection_losses(at, heatmap, cells, torch.from_numpy(np.concatenate(targets)), model.extent, cell)
        sum(losses.values()).backward()
    names = {"heatmap": "hm_loss", "box": "loc_loss", "iou": "iou_loss", "diou": "iou_reg_loss"}
    for ours, theirs in names.items():
        yield losses[ours].detach()[None], tensors[f"output.loss.{theirs}_head_0"]
    values = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    for name, expected in tensors.items():
        if name.startswith("output.grad."):
            yield values[name.removeprefix("output.grad.")].grad, expected
        if name.startswith("output.after."):
            yield values[name.removeprefix("output.after.")], expected


def check_raycast(tensors, _meta):
    """Distances, cosines and who is hit first."""
    origin, rays = tensors["input.origin"].numpy(), tensors["input.directions"].numpy().T
    hits = [raycast.meet_ground(origin, rays, tensors["input.ground"].numpy())]
    for kind, *values in tensors["input.primitives"].numpy():
        if kind == 0:
            hits.append(raycast.meet_block(origin, rays, values[:3], values[3:6], values[6]))
        elif kind == 1:
            hits.append(raycast.meet_cylinder(origin, rays, values[:2], values[4], values[2], values[3]))
        else:
            hits.append(raycast.meet_ellipsoid(origin, rays, values[:3], values[3:6], values[6]))
    distances, cosines = (np.stack(parts) for parts in zip(*hits))
    first = distances.argmin(axis=0)
    distance = distances.min(axis=0)
    hit = np.where(np.isinf(distance), -2, first - 1)
    assert (hit == tensors["output.hit"].numpy()).all(), "other things are hit"
    yield torch.from_numpy(np.where(hit == -2, -1, distance)), tensors["output.distance"]
    met = hit != -2
    cosine = cosines[first, np.arange(len(first))]
    yield torch.from_numpy(cosine[met]), tensors["output.abs_cos_incidence"][met]


def check_overlaps(tensors, _meta):
    """Overlap of rotated boxes; exact here, with a margin there."""
    a, b = (tensors[f"input.boxes_{name}"].numpy().astype(np.float64) for name in "ab")
    rows, columns = np.indices((len(a), len(b))).reshape(2, -1)
    solid = solid_iou(a[rows], b[columns]).reshape(len(a), len(b))
    for ours, name in ((pairwise_ground_iou(a, b), "bev_iou_pcdet"), (solid, "iou_3d")):
        worst = np.abs(ours - tensors[f"output.{name}"].numpy()).max()
        assert worst < OVERLAP_BAR, f"{name} differs by {worst:.1e}"
    ours = torch.from_numpy(pairwise_ground_iou(turned_boxes(a), turned_boxes(b))).float()
    yield ours, tensors["output.bev_iou_official_nms"]


CHECKS = {
    "detector_pillar": check_detector,
    "bev_waymo": check_map_network,
    "train_step": check_train_step,
    "sim_raycast": check_raycast,
    "rotated_iou_nms": check_overlaps,
}


def check_of(path, _meta):
    """The check of a case; layouts that no training here uses have none."""
    return CHECKS.get(path.stem)


def main():
    """Run every case; exit status 1 when one fails."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} FOLDER")
    sys.exit(run_checks(Path(sys.argv[1]), check_of) > 0)


if __name__ == "__main__":
    main()
