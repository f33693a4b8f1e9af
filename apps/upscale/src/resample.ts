import type { RgbFrame } from "@vicinity/media";
import { resampleTable } from "@vicinity/tensor";

/** Bits behind the point in the weights, as Pillow has them for 8-bit pictures. */
const WEIGHT_BITS = 22;
const ONE = 2 ** WEIGHT_BITS;

/**
 * Resizes an 8-bit picture to the very bytes that Pillow's bicubic gives: whole-number weights, columns
 * first, bytes between the two passes, a support that widens with the reduction.
 *
 * @param picture The picture.
 * @param width Columns wanted.
 * @param height Rows wanted.
 * @returns A new picture, or the same one when the size is right already.
 */
export function bicubic(picture: RgbFrame, width: number, height: number): RgbFrame {
  if (picture.width === width && picture.height === height) return picture;
  const wide = picture.width === width
    ? picture.data
    : alongAxis(picture.data, weights(picture.width, width), {
      outer: picture.height,
      length: picture.width,
      inner: 3,
    });
  const data = picture.height === height ? wide : alongAxis(wide, weights(picture.height, height), {
    outer: 1,
    length: picture.height,
    inner: width * 3,
  });
  return { width, height, data };
}

/** Which inputs make up an output and how much, in units of `1 / ONE`. */
interface WholeWeights {
  readonly first: Int32Array;
  readonly taps: number;
  readonly weights: Int32Array;
}

function weights(from: number, to: number): WholeWeights {
  const { first, taps, weights } = resampleTable(from, to, { filter: "bicubic" });
  const whole = Int32Array.from(weights, (w) => Math.trunc(w * ONE + (w < 0 ? -0.5 : 0.5)));
  return { first, taps, weights: whole };
}

/** An array seen as `[outer, length, inner]`, resized over its middle axis. */
interface AxisView {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

function alongAxis(
  bytes: Uint8Array,
  { first, taps, weights }: WholeWeights,
  { outer, length, inner }: AxisView,
): Uint8Array {
  const count = first.length;
  const result = new Uint8Array(outer * count * inner);
  const sums = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    for (let position = 0; position < count; position++) {
      sums.fill(ONE / 2);
      for (let tap = 0; tap < taps; tap++) {
        const weight = weights[position * taps + tap] ?? 0;
        if (weight === 0) continue;
        const source = (o * length + (first[position] ?? 0) + tap) * inner;
        for (let i = 0; i < inner; i++) {
          sums[i] = (sums[i] ?? 0) + weight * (bytes[source + i] ?? 0);
        }
      }
      const target = (o * count + position) * inner;
      for (let i = 0; i < inner; i++) {
        result[target + i] = Math.min(255, Math.max(0, Math.floor((sums[i] ?? 0) / ONE)));
      }
    }
  }
  return result;
}
