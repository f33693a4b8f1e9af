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
