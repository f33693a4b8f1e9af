/** Anchors, `AnchorGenerator` of mmdetection. */
import type { AnchorConfig } from "./config.ts";

/**
 * Boxes of all kinds around the origin.
 *
 * @param config Sizes and shapes.
 * @returns `[levels, kinds, 4]`, x1, y1, x2, y2; every scale of the first ratio comes first.
 *
 * @example
 * ```ts
 * import { anchorsOf } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const anchors = anchorsOf({ scales: [8], ratios: [1], strides: [4, 8] });
 * assert.deepEqual([...anchors], [-16, -16, 16, 16, -32, -32, 32, 32]);
 * ```
 */
export function anchorsOf({ scales, ratios, strides }: AnchorConfig): Float32Array<ArrayBuffer> {
  const boxes = strides.flatMap((stride) =>
    ratios.flatMap((ratio) =>
      scales.flatMap((scale) => {
        const [width, height] = [
          stride * scale / Math.sqrt(ratio),
          stride * scale * Math.sqrt(ratio),
        ];
        return [-width / 2, -height / 2, width / 2, height / 2];
      })
    )
  );
  return Float32Array.from(boxes);
}

/** Where anchors of a level are. */
export interface AnchorPlaces {
  /** Number of the level. */
  readonly level: number;
  /** Columns of the level's map. */
  readonly columns: number;
  /** Numbers of the anchors, counted along rows, columns and kinds. */
  readonly numbers: ArrayLike<number>;
}

/**
 * Anchors at their places.
 *
 * @param config Sizes and shapes.
 * @param places Which ones.
 * @returns `[n, 4]`, x1, y1, x2, y2 in pixels of the network's input.
 */
export function placedAnchors(
  config: AnchorConfig,
  { level, columns, numbers }: AnchorPlaces,
): Float32Array<ArrayBuffer> {
  const stride = config.strides[level] ?? 1;
  const kinds = anchorsOf({ ...config, strides: [stride] });
  return Float32Array.from({ length: 4 * numbers.length }, (_, at) => {
    const number = numbers[Math.floor(at / 4)] ?? 0;
    const place = Math.floor(4 * number / kinds.length);
    const shift = at % 2 === 0 ? place % columns : Math.floor(place / columns);
    return (kinds[4 * number % kinds.length + at % 4] ?? 0) + shift * stride;
  });
}
