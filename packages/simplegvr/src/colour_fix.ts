/** Gives an enlarged frame the colours of its source: both of one size, values in [−1, 1]. */
import type { ImageSize } from "./resample.ts";

/** Keeps the deviation of a flat channel away from zero. */
const EPSILON = 1e-5;

/** Options of {@link matchStatistics}. */
export interface StatisticsOptions extends ImageSize {
  /** Divide the variance by one less than the number of pixels; false when absent. */
  readonly unbiased?: boolean;
}

/**
 * Gives each channel the mean and the deviation that it has in another frame. Statistics are of the
 * whole frame: apply it to whole frames, never to tiles.
 *
 * @param content The frame to change, `[rows, cols, channels]`.
 * @param style The frame whose colours are wanted, as large.
 * @param options Size, and which variance.
 * @returns The changed frame, not clamped.
 *
 * @example
 * ```ts
 * import { matchStatistics } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const changed = matchStatistics([0, 1], [0.2, 0.4], { rows: 1, cols: 2 });
 * assert.ok(Math.abs((changed[0] ?? 0) - 0.2) < 1e-3);
 * ```
 */
export function matchStatistics(
  content: ArrayLike<number>,
  style: ArrayLike<number>,
  options: StatisticsOptions,
): Float64Array<ArrayBuffer> {
  const channels = options.channels ?? 1;
  const own = Array.from({ length: channels }, (_, c) => statisticsOf(content, c, options));
  const wanted = Array.from({ length: channels }, (_, c) => statisticsOf(style, c, options));
  return Float64Array.from(content, (value, at) => {
    const [from, to] = [own[at % channels], wanted[at % channels]];
    return from && to ? (value - from.mean) / from.deviation * to.deviation + to.mean : value;
  });
}

function statisticsOf(
  image: ArrayLike<number>,
  channel: number,
  { rows, cols, channels = 1, unbiased = false }: StatisticsOptions,
): { readonly mean: number; readonly deviation: number } {
  const count = rows * cols;
  const sum = (term: (value: number) => number) => {
    let total = 0;
    for (let pixel = 0; pixel < count; pixel++) {
      total += term(image[pixel * channels + channel] ?? 0);
    }
    return total;
  };
  const mean = sum((value) => value) / count;
  const squares = sum((value) => (value - mean) ** 2);
  return { mean, deviation: Math.sqrt(squares / (unbiased ? count - 1 : count) + EPSILON) };
}

/** A frame as fine structure and what is left when that is taken away; their sum is the frame. */
export interface FrequencySplit {
  /** Fine structure, `[rows, cols, channels]`. */
  readonly high: Float64Array<ArrayBuffer>;
  /** Coarse structure and colours, as large. */
  readonly low: Float64Array<ArrayBuffer>;
}

/** Blurs of doubling width. */
const LEVELS = 5;

/**
 * Splits a frame by five blurs of doubling width; a pixel depends on those up to 31 around it.
 *
 * @param image The frame, `[rows, cols, channels]`.
 * @param size Its size.
 * @returns Fine and coarse structure.
 *
 * @example
 * ```ts
 * import { splitFrequencies } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const { high, low } = splitFrequencies([0.5, 0.5], { rows: 1, cols: 2 });
 * assert.deepEqual([[...high], [...low]], [[0, 0], [0.5, 0.5]]);
 * ```
 */
export function splitFrequencies(image: ArrayLike<number>, size: ImageSize): FrequencySplit {
  const original = Float64Array.from(image);
  let low = original;
  for (let level = 0; level < LEVELS; level++) low = blurred(low, size, 2 ** level);
  return { high: original.map((value, at) => value - (low[at] ?? 0)), low };
}

/**
 * Gives a frame the coarse structure, and with it the colours, of another one.
 *
 * @param content The frame whose fine structure stays, `[rows, cols, channels]`.
 * @param style The frame whose coarse structure is wanted, as large.
 * @param size Size of both.
 * @returns The changed frame, not clamped.
 *
 * @example
 * ```ts
 * import { matchLowFrequencies } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...matchLowFrequencies([1, 1], [0.25, 0.25], { rows: 1, cols: 2 })], [0.25, 0.25]);
 * ```
 */
export function matchLowFrequencies(
  content: ArrayLike<number>,
  style: ArrayLike<number>,
  size: ImageSize,
): Float64Array<ArrayBuffer> {
  const { high } = splitFrequencies(content, size);
  const { low } = splitFrequencies(style, size);
  return high.map((value, at) => value + (low[at] ?? 0));
}

/** Blur by 1-2-1 along both axes between pixels that are `dilation` apart; the border repeats. */
function blurred(
  image: Float64Array<ArrayBuffer>,
  { rows, cols, channels = 1 }: ImageSize,
  dilation: number,
): Float64Array<ArrayBuffer> {
  const clamp = (position: number, length: number) => Math.min(length - 1, Math.max(0, position));
  const smooth = (
    values: Float64Array,
    neighbour: (row: number, col: number, step: number) => number,
  ) =>
    Float64Array.from(values, (value, at) => {
      const pixel = Math.floor(at / channels);
      const [row, col, channel] = [Math.floor(pixel / cols), pixel % cols, at % channels];
      const [before = 0, after = 0] = [-dilation, dilation].map((step) =>
        values[neighbour(row, col, step) * channels + channel]
      );
      return (before + 2 * value + after) / 4;
    });
  const across = smooth(image, (row, col, step) => row * cols + clamp(col + step, cols));
  return smooth(across, (row, col, step) => clamp(row + step, rows) * cols + col);
}
