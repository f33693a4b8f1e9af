/** Non-maximum suppression of boxes in space. */
import type { Box3d } from "./box3d.ts";
import { bevIou, type OverlapRule } from "./overlap.ts";

/** Options of {@link rotatedNms}. */
export interface RotatedNmsOptions {
  /** Intersection over union, seen from above, above which a box is dropped. */
  readonly threshold: number;
  /** How overlaps are found; `exact` when absent. */
  readonly rule?: OverlapRule;
  /** Boxes that are looked at, the best ones; all when absent. */
  readonly preMax?: number;
  /** Boxes that are kept at most; all when absent. */
  readonly postMax?: number;
}

/**
 * Keeps the boxes that no better one covers, seen from above.
 *
 * @param boxes The boxes.
 * @param scores One a box; of equal ones the first goes first.
 * @param options Threshold, rule, counts.
 * @returns Numbers of the kept boxes, best first.
 *
 * @example
 * ```ts
 * import { type Box3d, rotatedNms } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const car: Box3d = { center: [0, 0, 0], size: [4, 2, 2], heading: 0 };
 * const same: Box3d = { ...car, heading: Math.PI };
 * const other: Box3d = { ...car, center: [9, 0, 0] };
 * assert.deepEqual(rotatedNms([car, same, other], [0.5, 0.9, 0.7], { threshold: 0.7 }), [1, 2]);
 * ```
 */
export function rotatedNms(
  boxes: readonly Box3d[],
  scores: ArrayLike<number>,
  options: RotatedNmsOptions,
): number[] {
  const { threshold, rule, preMax = Infinity, postMax = Infinity } = options;
  const order = boxes.map((_, index) => index)
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
    .slice(0, preMax);
  const kept: { readonly index: number; readonly box: Box3d }[] = [];
  for (const index of order) {
    const box = boxes[index];
    if (kept.length >= postMax || !box) break;
    if (kept.some((rival) => bevIou(rival.box, box, rule) > threshold)) continue;
    kept.push({ index, box });
  }
  return kept.map(({ index }) => index);
}
