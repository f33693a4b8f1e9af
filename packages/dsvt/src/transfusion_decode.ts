/** From the outputs of a {@link TransFusionHead} to boxes, on the host. */
import type { ScoredBox3d } from "@vicinity/vision";
import { centered, rectified, sigmoid, suppressed } from "./box_selection.ts";
import type { DecodeOptions, HeadOutputs } from "./head.ts";
import type { TransFusionHeadConfig } from "./head_config.ts";
import type { TransFusionHeadFrame } from "./transfusion_head.ts";

/** Numbers of classes that are so small that a heat map shows each thing at one place. */
export const SMALL_CLASSES: Readonly<Record<TransFusionHeadConfig["dataset"], readonly number[]>> =
  { nuScenes: [8, 9], Waymo: [1, 2] };

/**
 * Overlap above which boxes of a class are suppressed; classes that are not named keep all. Source:
 * `get_bboxes` of the official head, which takes its radii for overlaps.
 */
const THRESHOLDS: Readonly<
  Record<TransFusionHeadConfig["dataset"], ReadonlyMap<number, number>>
> = {
  nuScenes: new Map([[8, 0.175], [9, 0.175]]),
  Waymo: new Map([[0, 0.7], [1, 0.7], [2, 0.7]]),
};

/** What {@link decodeProposals} needs beside the outputs. */
export interface ProposalDecodeOptions extends TransFusionHeadFrame, DecodeOptions {}

/**
 * Makes boxes: those that are sure enough and not too far, their scores mixed with the predicted
 * overlap; of some classes without those that a surer one covers.
 *
 * @param outputs `logits` of the heat map, `classIds`, `places` with x slowest, and the values of each
 *   branch.
 * @param options The head and its detector.
 * @returns Boxes in order of the proposals.
 */
export function decodeProposals(
  outputs: HeadOutputs,
  options: ProposalDecodeOptions,
): ScoredBox3d[] {
  const { head, nms } = options;
  const boxes = Array.from(outputs.logits ?? [], (logit, index) => ({
    box: boxAt(outputs, index, sigmoid(logit), options),
    iou: outputs.iou?.[index],
  }))
    .filter(({ box }) => box.score > head.scoreThreshold && centered(box, head.centerRange))
    .map(({ box, iou }) => {
      const weights = head.iouRectifier ?? [];
      const weight = weights.length === 1 ? weights[0] : weights[box.classId];
      return weight === undefined || iou === undefined
        ? box
        : { ...box, score: rectified(box.score, iou, weight) };
    });
  const covered = new Set<ScoredBox3d>();
  for (const [classId, threshold] of THRESHOLDS[head.dataset]) {
    const own = boxes.filter((box) => box.classId === classId);
    const rule = nms === "correct" ? "exact" : "margin";
    const kept = new Set(suppressed(own, { threshold, rule, ...head.nms }));
    for (const box of own) if (!kept.has(box)) covered.add(box);
  }
  return boxes.filter((box) => !covered.has(box));
}

function boxAt(
  { classIds, places, center, height, dim, rot, vel, heatmap }: HeadOutputs,
  index: number,
  likely: number,
  { head, range, voxelSize, columns }: ProposalDecodeOptions,
): ScoredBox3d {
  const value = (values: ArrayLike<number> | undefined, width: number, at = 0) =>
    values?.[width * index + at] ?? NaN;
  const place = places?.[index] ?? 0;
  const along = (axis: 0 | 1, cell: number) =>
    (cell + 0.5 + value(center, 2, axis)) * head.stride * voxelSize[axis] + range.min[axis];
  const size = (axis: number) => Math.exp(value(dim, 3, axis));
  const classId = classIds?.[index] ?? 0;
  // The head regresses the middle of the upper face.
  const z = value(height, 1) - size(2) / 2;
  return {
    center: [along(0, Math.floor(place / columns)), along(1, place % columns), z],
    size: [size(0), size(1), size(2)],
    heading: Math.atan2(value(rot, 2), value(rot, 2, 1)),
    ...(vel ? { velocity: [value(vel, 2), value(vel, 2, 1)] } : {}),
    classId,
    score: sigmoid(value(heatmap, head.classes, classId)) * likely,
  };
}
