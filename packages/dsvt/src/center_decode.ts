/** From the outputs of a {@link CenterHead} to boxes, on the host. */
import type { OverlapRule, ScoredBox3d } from "@vicinity/vision";
import { centered, rectified, sigmoid, suppressed } from "./box_selection.ts";
import type { CenterHeadFrame } from "./center_head.ts";
import type { DecodeOptions, HeadOutputs } from "./head.ts";
import type { Box3dNmsConfig } from "./head_config.ts";

/** Overlaps of the official code by kind of suppression. */
const RULES: Readonly<Record<Box3dNmsConfig["type"], OverlapRule>> = {
  multi_class_nms: "quarter turn",
  class_specific_nms: "margin",
  nms_gpu: "margin",
};

/** What {@link decodeCenters} needs beside the outputs. */
export interface CenterDecodeOptions extends CenterHeadFrame, DecodeOptions {
  /** Number of the group of classes. */
  readonly group: number;
}

/**
 * Makes the boxes of a group of classes: those that are sure enough and not too far, their scores
 * mixed with the predicted overlap, without those that a surer one covers.
 *
 * @param outputs `logits` falling, `classIds` inside the group, `places`, and the values of each branch.
 * @param options The head, its detector, the group.
 * @returns Class by class, the surest first; all classes together where they suppress each other.
 */
export function decodeCenters(outputs: HeadOutputs, options: CenterDecodeOptions): ScoredBox3d[] {
  const { head, nms } = options;
  const found = Array.from(outputs.logits ?? [], (logit, index) => {
    const box = boxAt(outputs, index, sigmoid(logit), options);
    return { box, iou: outputs.iou?.[index] };
  })
    .filter(({ box }) => box.score > head.scoreThreshold && centered(box, head.centerRange));
  const boxes = found.map(({ box, iou }) => {
    const weight = head.iouRectifier?.[box.classId];
    return weight === undefined || iou === undefined
      ? box
      : { ...box, score: rectified(box.score, iou, weight) };
  });
  return withoutCovered(boxes, head.nms, nms === "correct" ? "exact" : RULES[head.nms.type]);
}

function boxAt(
  { classIds, places, center, center_z: height, dim, rot, vel }: HeadOutputs,
  index: number,
  score: number,
  { head, classes, range, voxelSize, columns, group }: CenterDecodeOptions,
): ScoredBox3d {
  const value = (values: ArrayLike<number> | undefined, width: number, at = 0) =>
    values?.[width * index + at] ?? NaN;
  const place = places?.[index] ?? 0;
  const along = (axis: 0 | 1, cell: number) =>
    (cell + value(center, 2, axis)) * head.stride * voxelSize[axis] + range.min[axis];
  const size = (axis: number) => Math.exp(value(dim, 3, axis));
  const name = head.groups[group]?.[classIds?.[index] ?? 0] ?? "";
  return {
    center: [along(0, place % columns), along(1, Math.floor(place / columns)), value(height, 1)],
    size: [size(0), size(1), size(2)],
    heading: Math.atan2(value(rot, 2, 1), value(rot, 2)),
    ...(vel ? { velocity: [value(vel, 2), value(vel, 2, 1)] } : {}),
    classId: classes.indexOf(name),
    score,
  };
}

function withoutCovered(
  boxes: readonly ScoredBox3d[],
  { type, thresholds, before, after, scoreThresholds }: Box3dNmsConfig,
  rule: OverlapRule,
): ScoredBox3d[] {
  const suppression = (entry: number) => ({
    threshold: thresholds[entry] ?? 1,
    rule,
    before: before[entry] ?? Infinity,
    after: after[entry] ?? Infinity,
  });
  if (type === "nms_gpu") return suppressed(boxes, suppression(0));
  return thresholds.flatMap((_, classId) => {
    const least = scoreThresholds?.[classId] ?? -Infinity;
    const own = boxes.filter((box) => box.classId === classId && box.score > least);
    return suppressed(own, suppression(classId));
  });
}
