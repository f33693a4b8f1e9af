/** Resizing of images on the host, in float64. */
import { type ResampleFilter, type ResampleTable, resampleTable } from "@vicinity/tensor";

/** Sizes of an image whose rows are contiguous and whose pixels have interleaved channels. */
export interface ImageSize {
  /** Rows. */
  readonly rows: number;
  /** Columns. */
  readonly cols: number;
  /** Interleaved channels, 1 when absent. */
  readonly channels?: number;
}

/**
 * Resizes an image by Pillow's rule, columns first as Pillow does.
 *
 * @param pixels Row-major `[rows, cols, channels]`.
 * @param from Its size.
 * @param to Rows and columns wanted.
 * @param filter Kernel.
 * @returns Row-major `[to.rows, to.cols, channels]`, neither clamped nor rounded.
 *
 * @example
 * ```ts
 * import { resizeImage } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const half = resizeImage([1, 3], { rows: 1, cols: 2 }, { rows: 1, cols: 1 }, "box");
 * assert.deepEqual([...half], [2]);
 * ```
 */
export function resizeImage(
  pixels: ArrayLike<number>,
  from: ImageSize,
  to: ImageSize,
  filter: ResampleFilter,
): Float64Array<ArrayBuffer> {
  const tables: AxisTables = {
    rows: resampleTable(from.rows, to.rows, { filter }),
    cols: resampleTable(from.cols, to.cols, { filter }),
  };
  return resampled(pixels, from, tables);
}

/** What makes the rows and the columns of a result. */
export interface AxisTables {
  /** Which input rows make each output row. */
  readonly rows: ResampleTable;
  /** The same for columns. */
  readonly cols: ResampleTable;
}

/**
 * Applies tables to an image, columns first.
 *
 * @param pixels Row-major `[rows, cols, channels]`.
 * @param from Its size.
 * @param tables What makes the rows and the columns of the result.
 * @returns Row-major `[output rows, output columns, channels]`.
 */
export function resampled(
  pixels: ArrayLike<number>,
  from: ImageSize,
  { rows: tall, cols: wide }: AxisTables,
): Float64Array<ArrayBuffer> {
  const channels = from.channels ?? 1;
  const across = along(pixels, wide, { outer: from.rows, length: from.cols, inner: channels });
  return along(across, tall, { outer: 1, length: from.rows, inner: wide.first.length * channels });
}

/** An array seen as `[outer, length, inner]`, resampled over its middle axis. */
interface AxisView {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

function along(
  values: ArrayLike<number>,
  table: ResampleTable,
  view: AxisView,
): Float64Array<ArrayBuffer> {
  const { outer, length, inner } = view;
  const { first, taps, weights } = table;
  const result = new Float64Array(outer * first.length * inner);
  for (let o = 0; o < outer; o++) {
    for (let position = 0; position < first.length; position++) {
      const to = (o * first.length + position) * inner;
      for (let tap = 0; tap < taps; tap++) {
        const weight = weights[position * taps + tap] ?? 0;
        if (weight === 0) continue;
        const source = (o * length + (first[position] ?? 0) + tap) * inner;
        for (let i = 0; i < inner; i++) {
          result[to + i] = (result[to + i] ?? 0) + weight * (values[source + i] ?? 0);
        }
      }
    }
  }
  return result;
}
