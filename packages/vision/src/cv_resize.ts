/** Resizing 8-bit pictures as OpenCV does by default: bilinear, without antialiasing. */
import type { RgbPicture } from "./pillow_resize.ts";

/** Bits behind the point in OpenCV's weights; both passes use them. */
const WEIGHT_BITS = 11;
const ONE = 1 << WEIGHT_BITS;

/** The two inputs of an output, and the weight of the second. */
interface Pair {
  readonly low: number;
  readonly high: number;
  readonly weights: readonly [number, number];
}

/**
 * Resizes a picture by `cv2.resize(…, interpolation=cv2.INTER_LINEAR)`.
 *
 * @param picture The picture; the order of its channels does not matter.
 * @param width Columns wanted.
 * @param height Rows wanted.
 * @returns A new picture.
 *
 * @example
 * ```ts
 * import { cvResize } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const two = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 100, 100, 100) };
 * assert.deepEqual([...cvResize(two, 4, 1).data].filter((_, i) => i % 3 === 0), [0, 25, 75, 100]);
 * ```
 */
export function cvResize(
  picture: RgbPicture,
  width: number,
  height: number,
): RgbPicture & { data: Uint8Array<ArrayBuffer> } {
  const columns = pairs(picture.width, width, true);
  const rows = pairs(picture.height, height, false);
  const data = new Uint8Array(width * height * 3);
  const across = (row: number, { low, high, weights: [a, b] }: Pair, channel: number) => {
    const start = row * picture.width;
    const at = (column: number) => picture.data[(start + column) * 3 + channel] ?? 0;
    return at(low) * a + at(high) * b;
  };
  let target = 0;
  for (const { low, high, weights: [above, below] } of rows) {
    for (const column of columns) {
      for (let channel = 0; channel < 3; channel++) {
        // OpenCV drops bits of each product before it adds them.
        const first = (across(low, column, channel) >> 4) * above >> 16;
        const second = (across(high, column, channel) >> 4) * below >> 16;
        data[target++] = first + second + 2 >> 2;
      }
    }
  }
  return { width, height, data };
}

/** At a border OpenCV takes the last column alone, but the last row twice, with both weights. */
function pairs(from: number, to: number, whole: boolean): Pair[] {
  const scale = 1 / (to / from);
  return Array.from({ length: to }, (_, index) => {
    const place = Math.fround((index + 0.5) * scale - 0.5);
    const floor = Math.floor(place);
    const inside = floor >= 0 && floor < from - 1;
    const share = whole && !inside ? 0 : Math.fround(place - floor);
    return {
      low: Math.min(Math.max(floor, 0), from - 1),
      high: Math.min(Math.max(floor + 1, 0), from - 1),
      // Each weight is rounded by itself, halves to even.
      weights: [halfToEven(Math.fround(1 - share) * ONE), halfToEven(share * ONE)],
    };
  });
}

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
