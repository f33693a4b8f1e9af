/** Non-maximum suppression. */

/** Options of {@link nms}. */
export interface NmsOptions {
  /** `[n]`; boxes of different classes do not suppress each other. One class when absent. */
  readonly classes?: ArrayLike<number>;
  /** Boxes to keep at most, the best ones; all when absent. */
  readonly max?: number;
}

/**
 * Keeps the boxes that no better one covers: in order of falling scores a box is dropped when its
 * overlap with a kept one exceeds the threshold.
 *
 * @param boxes `[n, 4]`, x1, y1, x2, y2.
 * @param scores `[n]`; of equal ones the first goes first.
 * @param threshold Intersection over union.
 * @param options Classes, and how many boxes are wanted.
 * @returns Indices of the kept boxes, best first.
 *
 * @example
 * ```ts
 * import { nms } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const boxes = [0, 0, 10, 10, 1, 0, 11, 10, 20, 0, 30, 10];
 * assert.deepEqual(nms(boxes, [0.5, 0.9, 0.7], 0.5), [1, 2]);
 * ```
 */
export function nms(
  boxes: ArrayLike<number>,
  scores: ArrayLike<number>,
  threshold: number,
  { classes, max = Infinity }: NmsOptions = {},
): number[] {
  const order = Array.from({ length: scores.length }, (_, index) => index)
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const groups = new Map<number, number[]>();
  const kept: number[] = [];
  for (const index of order) {
    if (kept.length >= max) break;
    const group = classes?.[index] ?? 0;
    const rivals = groups.get(group) ?? [];
    if (rivals.some((rival) => overlap(boxes, rival, index) > threshold)) continue;
    rivals.push(index);
    groups.set(group, rivals);
    kept.push(index);
  }
  return kept;
}

/** Intersection over union of two boxes. */
function overlap(boxes: ArrayLike<number>, a: number, b: number): number {
  const at = (box: number, i: number) => boxes[4 * box + i] ?? 0;
  const area = (box: number) => (at(box, 2) - at(box, 0)) * (at(box, 3) - at(box, 1));
  const wide = Math.min(at(a, 2), at(b, 2)) - Math.max(at(a, 0), at(b, 0));
  const high = Math.min(at(a, 3), at(b, 3)) - Math.max(at(a, 1), at(b, 1));
  const shared = Math.max(0, wide) * Math.max(0, high);
  return shared / (area(a) + area(b) - shared);
}
