/** The resampling filters of Pillow that are offered here. */
export type ResampleFilter = "bicubic" | "lanczos" | "bilinear" | "box";

interface Kernel {
  readonly support: number;
  readonly weight: (x: number) => number;
}

const KERNELS: Readonly<Record<ResampleFilter, Kernel>> = {
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x) => Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0 },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  box: { support: 0.5, weight: (x) => x > -0.5 && x <= 0.5 ? 1 : 0 },
};

/** Keys' cubic with a = −0.5. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** For each output position, which inputs count and how much. */
export interface ResampleTable {
  /** First input of each output position. */
  readonly first: Int32Array<ArrayBuffer>;
  /** Number of inputs that each position has room for. */
  readonly taps: number;
  /** Row-major `[outputs, taps]`, each row adds up to 1 and ends in zeros if it needs fewer. */
  readonly weights: Float64Array<ArrayBuffer>;
}

/**
 * Tabulates a one-dimensional resize by Pillow's rule: half-pixel centres, a support that widens
 * with the reduction, weights cut at the border and scaled back to 1.
 *
 * @param from Input length.
 * @param to Output length.
 * @param filter Kernel.
 * @returns The table of `to` rows.
 *
 * @example
 * ```ts
 * import { resampleTable } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...resampleTable(4, 2, "box").weights], [0.5, 0.5, 0.5, 0.5]);
 * ```
 */
export function resampleTable(from: number, to: number, filter: ResampleFilter): ResampleTable {
  const kernel = KERNELS[filter];
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = kernel.support * stretch;
  const rows = Array.from({ length: to }, (_, position) => {
    const centre = (position + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const raw = Array.from(
      { length: end - start },
      (_, k) => kernel.weight((start + k - centre + 0.5) / stretch),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return { start, weights: raw.map((weight) => weight / sum) };
  });
  const taps = Math.max(1, ...rows.map((row) => row.weights.length));
  const weights = new Float64Array(to * taps);
  for (const [position, row] of rows.entries()) weights.set(row.weights, position * taps);
  return { first: Int32Array.from(rows, (row) => row.start), taps, weights };
}

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
 * Resizes an image in floating point, columns first as Pillow does.
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
  const channels = from.channels ?? 1;
  const wide = resampleTable(from.cols, to.cols, filter);
  const tall = resampleTable(from.rows, to.rows, filter);
  const across = along(pixels, wide, { outer: from.rows, length: from.cols, inner: channels });
  return along(across, tall, { outer: 1, length: from.rows, inner: to.cols * channels });
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
