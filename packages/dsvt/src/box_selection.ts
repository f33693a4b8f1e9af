/** Which of a head's boxes stay, and how sure they are. */
import { type OverlapRule, rotatedNms, type ScoredBox3d } from "@vicinity/vision";
import type { CenterRange } from "./head_config.ts";

/**
 * The logistic function.
 *
 * @param logit Any number.
 * @returns From 0 to 1.
 */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/**
 * Whether the centre of a box lies in a range, ends included.
 *
 * @param box The box.
 * @param range Smallest, then largest x, y and z.
 * @returns True inside.
 */
export function centered({ center }: ScoredBox3d, range: CenterRange): boolean {
  return center.every((value, axis) =>
    value >= (range[axis] ?? NaN) && value <= (range[axis + 3] ?? NaN)
  );
}

/**
 * Mixes how likely a box is with how well it is thought to fit.
 *
 * @param score From 0 to 1.
 * @param iou The predicted intersection over union as the network gives it, from -1 to 1.
 * @param weight Share of the latter in the exponent.
 * @returns `score^(1 - weight) · overlap^weight`.
 */
export function rectified(score: number, iou: number, weight: number): number {
  const overlap = Math.min(1, Math.max(0, (iou + 1) / 2));
  return score ** (1 - weight) * overlap ** weight;
}

/** How boxes are suppressed. */
export interface Suppression {
  /** Overlap above which the less sure box goes. */
  readonly threshold: number;
  /** How overlaps are found. */
  readonly rule: OverlapRule;
  /** Boxes that are looked at, the surest. */
  readonly before: number;
  /** Boxes that are kept. */
  readonly after: number;
}

/**
 * Boxes that no surer one covers.
 *
 * @param boxes Boxes.
 * @param suppression Threshold, rule, counts.
 * @returns Those that stay, the surest first.
 */
export function suppressed(
  boxes: readonly ScoredBox3d[],
  { threshold, rule, before, after }: Suppression,
): ScoredBox3d[] {
  const options = { threshold, rule, preMax: before, postMax: after };
  return rotatedNms(boxes, boxes.map(({ score }) => score), options)
    .flatMap((index) => boxes[index] ?? []);
}
