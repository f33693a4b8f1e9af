/** Pooling in float64. */

/** A stretch of an axis, and how many places it counts as. */
export interface PoolSpan {
  /** First place inside the picture. */
  readonly first: number;
  /** Place after the last one. */
  readonly last: number;
  /** What an average divides by. */
  readonly count: number;
}

/** What the reference is made from. */
export interface PoolReferenceInput {
  /** `[pictures, height, width, channels]`. */
  readonly x: ArrayLike<number>;
  /** Extents of `x`. */
  readonly shape: readonly [number, number, number, number];
  /** The largest value, or the average. */
  readonly kind: "max" | "average";
  /** Windows from top to bottom. */
  readonly rows: readonly PoolSpan[];
  /** Windows from left to right. */
  readonly columns: readonly PoolSpan[];
}

/**
 * Pools every window.
 *
 * @param input Values and windows.
 * @returns `[pictures, rows, columns, channels]`.
 */
export function poolReference(input: PoolReferenceInput): Float64Array {
  const { x, shape: [pictures, height, width, channels], kind, rows, columns } = input;
  const y: number[] = [];
  for (let picture = 0; picture < pictures; picture++) {
    for (const row of rows) {
      for (const column of columns) {
        for (let channel = 0; channel < channels; channel++) {
          const values: number[] = [];
          for (let iy = row.first; iy < row.last; iy++) {
            for (let ix = column.first; ix < column.last; ix++) {
              values.push(x[((picture * height + iy) * width + ix) * channels + channel] ?? NaN);
            }
          }
          y.push(
            kind === "max"
              ? Math.max(...values)
              : values.reduce((a, b) => a + b, 0) / (row.count * column.count),
          );
        }
      }
    }
  }
  return Float64Array.from(y);
}
