/** Boxes `(x1, y1, x2, y2)` and their coding as deltas. */

/** Options of {@link decodeBoxes}. */
export interface DecodeOptions {
  /** Means of dx, dy, dw, dh. */
  readonly means?: readonly [number, number, number, number];
  /** Standard deviations of dx, dy, dw, dh. */
  readonly stds: readonly [number, number, number, number];
  /** Height and width of the picture that boxes are cut to; they are not cut when absent. */
  readonly clip?: readonly [number, number];
}

/** Largest |dw| and |dh|: a box grows at most 62.5 times (mmdetection's `wh_ratio_clip`). */
export const LARGEST_GROWTH = Math.abs(Math.log(16 / 1000));

/**
 * Moves boxes by deltas (`DeltaXYWHBBoxCoder` of mmdetection).
 *
 * @param boxes `[n, 4]`.
 * @param deltas `[n, 4]`, dx, dy, dw, dh.
 * @param options Statistics of the coding and the picture.
 * @returns `[n, 4]`.
 *
 * @example
 * ```ts
 * import { decodeBoxes } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const moved = decodeBoxes([0, 0, 10, 10], [0.1, 0, 0, 0], { stds: [1, 1, 1, 1], clip: [50, 50] });
 * assert.deepEqual([...moved], [1, 0, 11, 10]);
 * ```
 */
export function decodeBoxes(
  boxes: ArrayLike<number>,
  deltas: ArrayLike<number>,
  { means = [0, 0, 0, 0], stds, clip }: DecodeOptions,
): Float32Array<ArrayBuffer> {
  const moved = new Float32Array(boxes.length);
  const inside = (value: number, axis: 0 | 1) =>
    clip ? Math.min(Math.max(value, 0), clip[axis]) : value;
  for (let at = 0; at < boxes.length; at += 4) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [0, 1, 2, 3].map((i) => boxes[at + i] ?? 0);
    const [dx = 0, dy = 0, dw = 0, dh = 0] = stds.map((std, i) =>
      (deltas[at + i] ?? 0) * std + (means[i] ?? 0)
    );
    const [wide, high] = [x2 - x1, y2 - y1];
    const [x, y] = [(x1 + x2) / 2 + wide * dx, (y1 + y2) / 2 + high * dy];
    const half = (extent: number, delta: number) => extent * Math.exp(limited(delta)) / 2;
    const [w, h] = [half(wide, dw), half(high, dh)];
    moved.set([inside(x - w, 1), inside(y - h, 0), inside(x + w, 1), inside(y + h, 0)], at);
  }
  return moved;
}

function limited(delta: number): number {
  return Math.min(Math.max(delta, -LARGEST_GROWTH), LARGEST_GROWTH);
}
