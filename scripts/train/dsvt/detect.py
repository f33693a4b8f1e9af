"""From a scan to boxes: decoding of the head's outputs, scores and suppression."""

from dataclasses import dataclass

import numpy as np
import torch

from .boxes import suppress
from .losses import decode


@dataclass(frozen=True)
class Detections:
    """Boxes [n, 7], their scores and classes (0 the first), class by class by descending score."""

    boxes: np.ndarray
    scores: np.ndarray
    classes: np.ndarray


def best_cells(heatmap, count):
    """Scores, classes and cells (0, row, column) of the best places of a map [classes, rows, columns]."""
    rows, columns = heatmap.shape[1:]
    scores, index = heatmap.flatten().topk(min(count, heatmap.numel()))
    cell = index % (rows * columns)
    cells = torch.stack([torch.zeros_like(cell), cell // columns, cell % columns], dim=1)
    return scores, index // (rows * columns), cells


def select(outputs, extent, cell, post, rectangles_of=lambda boxes: boxes):
    """
    Detections of one map from the outputs of the head at all cells; `post` is POST_PROCESSING.
    rectangles_of gives what is compared when boxes that overlap better ones go.
    """
    scores, classes, cells = best_cells(outputs["hm"][0].sigmoid(), post["MAX_OBJ_PER_SAMPLE"])
    at = {name: values[0, :, cells[:, 1], cells[:, 2]].T for name, values in outputs.items() if name != "hm"}
    boxes = decode(at, cells, extent, cell)
    limits = boxes.new_tensor(post["POST_CENTER_LIMIT_RANGE"])
    kept = (boxes[:, :3] >= limits[:3]).all(dim=1) & (boxes[:, :3] <= limits[3:]).all(dim=1)
    kept &= scores > post["SCORE_THRESH"]
    share = boxes.new_tensor(post["IOU_RECTIFIER"])[classes]
    quality = ((at["iou"][:, 0] + 1) / 2).clamp(0, 1)
    scores = scores ** (1 - share) * quality**share
    boxes, scores, classes = (values[kept].numpy() for values in (boxes, scores, classes))
    order = []
    nms = post["NMS_CONFIG"]
    for number in range(outputs["hm"].shape[1]):
        own = np.flatnonzero(classes == number)
        own = own[np.argsort(-scores[own], kind="stable")][: nms["NMS_PRE_MAXSIZE"][number]]
        alive = suppress(rectangles_of(boxes[own].astype(np.float64)), scores[own], nms["NMS_THRESH"][number])
        order.append(own[alive][: nms["NMS_POST_MAXSIZE"][number]])
    order = np.concatenate(order)
    return Detections(boxes[order], scores[order], classes[order])


def detect(model, points):
    """Detections in points [n, 3], x forward, the ground at z = 0."""
    head = model.config["DENSE_HEAD"]
    stride = head["TARGET_ASSIGNER_CONFIG"]["FEATURE_MAP_STRIDE"]
    cell = [side * stride for side in model.voxel_size[:2]]
    rows = np.concatenate([np.zeros((len(points), 1), np.float32), points], axis=1)
    with torch.no_grad():
        outputs = model(model.inputs(rows, 1))
    return select(outputs, model.extent, cell, head["POST_PROCESSING"])
