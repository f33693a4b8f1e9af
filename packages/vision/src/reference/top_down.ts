/** A step of a feature pyramid in float64. */
import type { ReferenceMap } from "./roi_align.ts";

/**
 * Adds a coarse map to a fine one.
 *
 * @param fine The fine map.
 * @param coarse The coarse one, of as many channels.
 * @returns Extents of the fine one.
 */
export function topDownReference(fine: ReferenceMap, coarse: ReferenceMap): number[] {
  const [height, width, channels] = fine.shape;
  const sum: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = Math.floor(y * coarse.shape[0] / height);
      const column = Math.floor(x * coarse.shape[1] / width);
      for (let c = 0; c < channels; c++) {
        sum.push(
          (fine.values[(y * width + x) * channels + c] ?? NaN) +
            (coarse.values[(row * coarse.shape[1] + column) * channels + c] ?? NaN),
        );
      }
    }
  }
  return sum;
}
