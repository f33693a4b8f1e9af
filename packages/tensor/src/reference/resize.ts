/** Resizing in float64, straight from the tables. */
import type { ResampleTable } from "../resample_table.ts";

/** An array seen as `[outer, length, inner]`. */
export interface AxisView {
  /** How many times the axis is there. */
  readonly outer: number;
  /** Its length. */
  readonly length: number;
  /** Values that lie together at each position. */
  readonly inner: number;
}

/**
 * Resamples the middle axis.
 *
 * @param values Row-major values.
 * @param table Rows of weights.
 * @param view How the values lie.
 * @returns Row-major `[outer, outputs, inner]`.
 */
export function resampleReference(
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
