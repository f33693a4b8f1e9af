/** Resizing 8-bit pictures to the very bytes that Pillow gives, and pictures of 16 bits likewise. */
import {
  bitsOf,
  type ResampleFilter,
  resampleTable,
  type Samples,
  samplesLike,
} from "@vicinity/tensor";

/**
 * An RGB picture, `[height, width, 3]`: of 8 bits, or of those of its samples, 0 being black and the
 * largest white.
 */
export interface RgbPicture<S extends Samples = Uint8Array> {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Red, green and blue of each pixel. */
  readonly data: S;
}

/** Bits behind the point in the weights, as Pillow has them for 8-bit pictures. */
const WEIGHT_BITS = 22;
const ONE = 2 ** WEIGHT_BITS;

/**
 * Resizes a picture by Pillow's rule: whole-number weights, columns first, whole numbers between the
 * two passes, a support that widens with the reduction.
 *
 * @param picture The picture, of 8 or 16 bits.
 * @param width Columns wanted.
 * @param height Rows wanted.
 * @param filter Kernel.
 * @returns A new picture, or the same one when the size is right already.
 *
 * @example
 * ```ts
 * import { pillowResize } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const grey = { width: 4, height: 2, data: new Uint8Array(24).fill(128) };
 * assert.deepEqual([...pillowResize(grey, 1, 1).data], [128, 128, 128]);
 * ```
 */
export function pillowResize<S extends Samples>(
  picture: RgbPicture<S>,
  width: number,
  height: number,
  filter: ResampleFilter = "bicubic",
): RgbPicture<S> {
  if (picture.width === width && picture.height === height) return picture;
  const wide = picture.width === width
    ? picture.data
    : alongAxis(picture.data, weights(picture.width, width, filter), {
      outer: picture.height,
      length: picture.width,
      inner: 3,
    });
  const data = picture.height === height
    ? wide
    : alongAxis(wide, weights(picture.height, height, filter), {
      outer: 1,
      length: picture.height,
      inner: width * 3,
    });
  return { width, height, data };
}

/** A stretch of rows or columns. */
interface Span {
  readonly start: number;
  readonly count: number;
}

/** Rows and columns of a picture. */
export interface PicturePart {
  /** First row. */
  readonly top: number;
  /** First column. */
  readonly left: number;
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/**
 * Cuts a part out of a picture that {@link pillowResize} would make, to the same bytes, without making
 * the rest: that of a picture that is much longer than wide can be very large.
 *
 * @param picture The picture.
 * @param size Columns and rows of the whole.
 * @param part The part of the whole.
 * @param filter Kernel.
 * @returns A new picture of the size of the part.
 *
 * @example
 * ```ts
 * import { pillowResizePart } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const line = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 200, 200, 200) };
 * const part = { left: 1999, top: 500, width: 1, height: 1 };
 * const corner = pillowResizePart(line, [2000, 1000], part, "bilinear");
 * assert.deepEqual([...corner.data], [200, 200, 200]);
 * ```
 */
export function pillowResizePart(
  picture: RgbPicture,
  [width, height]: readonly [width: number, height: number],
  part: PicturePart,
  filter: ResampleFilter = "bicubic",
): RgbPicture {
  const columns = { start: part.left, count: part.width };
  const across = weights(picture.width, width, filter, columns);
  const down = weights(picture.height, height, filter, { start: part.top, count: part.height });
  const top = down.first[0] ?? 0;
  const bottom = Math.min(picture.height, (down.first.at(-1) ?? 0) + down.taps);
  const rows = picture.data.subarray(top * picture.width * 3, bottom * picture.width * 3);
  const wide = alongAxis(rows, across, {
    outer: bottom - top,
    length: picture.width,
    inner: 3,
  });
  const data = alongAxis(wide, { ...down, first: down.first.map((row) => row - top) }, {
    outer: 1,
    length: bottom - top,
    inner: part.width * 3,
  });
  return { width: part.width, height: part.height, data };
}

/** Which inputs make up an output and how much, in units of `1 / ONE`. */
interface WholeWeights {
  readonly first: Int32Array;
  readonly taps: number;
  readonly weights: Int32Array;
}

function weights(from: number, to: number, filter: ResampleFilter, part?: Span): WholeWeights {
  const { first, taps, weights } = resampleTable(from, to, { filter }, part);
  const whole = Int32Array.from(weights, (w) => Math.trunc(w * ONE + (w < 0 ? -0.5 : 0.5)));
  return { first, taps, weights: whole };
}

/** An array seen as `[outer, length, inner]`, resized over its middle axis. */
interface AxisView {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

function alongAxis<S extends Samples>(
  samples: S,
  { first, taps, weights }: WholeWeights,
  { outer, length, inner }: AxisView,
): S {
  const white = 2 ** bitsOf(samples) - 1;
  const count = first.length;
  const result = samplesLike(samples, outer * count * inner);
  const sums = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    for (let position = 0; position < count; position++) {
      sums.fill(ONE / 2);
      for (let tap = 0; tap < taps; tap++) {
        const weight = weights[position * taps + tap] ?? 0;
        if (weight === 0) continue;
        const source = (o * length + (first[position] ?? 0) + tap) * inner;
        for (let i = 0; i < inner; i++) {
          sums[i] = (sums[i] ?? 0) + weight * (samples[source + i] ?? 0);
        }
      }
      const target = (o * count + position) * inner;
      for (let i = 0; i < inner; i++) {
        result[target + i] = Math.min(white, Math.max(0, Math.floor((sums[i] ?? 0) / ONE)));
      }
    }
  }
  return result;
}
