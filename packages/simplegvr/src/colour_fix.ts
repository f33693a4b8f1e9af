/**
 * Gives an enlarged frame the colours of its source, on the host: both of one size, values in [−1, 1].
 * `detail` matches low frequencies, by `matchColours` of `post.ts`. Statistics are for comparisons: they
 * change from frame to frame of a fade, so that it would flicker.
 */
import type { ResampleTable } from "@vicinity/tensor";
import { type ImageSize, resampled } from "./resample.ts";

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

/** Distances of the 1-2-1 blurs' neighbours, one blur after the other. */
const DISTANCES = [1, 2, 4, 8, 16];
/** Positions to each side that all of them together see. */
const REACH = DISTANCES.reduce((sum, distance) => sum + distance);

/**
 * What each position along one axis becomes when only coarse structure is left: blurs by 1-2-1 one
 * after the other, between neighbours 1, 2, 4, 8 and 16 apart; the border repeats. Blurs along rows do
 * not mind those along columns, so that two such tables make all ten of them.
 *
 * @param length Positions along the axis.
 * @returns The table, for `resampled` or `resizeByTables`.
 */
export function coarseTable(length: number): ResampleTable {
  const itself: WeightOf = (output, input) => Number(output === input);
  const weightOf = DISTANCES.reduce(
    (before, distance) => blurredOnce(before, distance, length),
    itself,
  );
  const taps = Math.min(length, 2 * REACH + 1);
  const first = Int32Array.from(
    { length },
    (_, at) => Math.min(Math.max(0, at - REACH), length - taps),
  );
  const weights = Float64Array.from({ length: length * taps }, (_, index) => {
    const at = Math.floor(index / taps);
    return weightOf(at, (first[at] ?? 0) + index % taps);
  });
  return { first, taps, weights };
}

/** How much an input counts in an output. */
type WeightOf = (output: number, input: number) => number;

/** Weights after one blur more, whose neighbours are `distance` apart. */
function blurredOnce(before: WeightOf, distance: number, length: number): WeightOf {
  const width = 2 * REACH + 1;
  const band = new Float64Array(length * width).map((_, index) => {
    const at = Math.floor(index / width);
    const input = at + index % width - REACH;
    const [above, below] = [Math.max(0, at - distance), Math.min(length - 1, at + distance)];
    return (before(above, input) + 2 * before(at, input) + before(below, input)) / 4;
  });
  return (output, input) => {
    const place = input - output + REACH;
    return place >= 0 && place < width ? band[output * width + place] ?? 0 : 0;
  };
}

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
  const tables = { rows: coarseTable(size.rows), cols: coarseTable(size.cols) };
  const low = resampled(image, size, tables);
  return { high: Float64Array.from(image, (value, at) => value - (low[at] ?? 0)), low };
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
