/** Matrices of attention on their way to the GPU, row-major. */
import { paddedHeadDim } from "@vicinity/attention";

/**
 * Zero rows behind each head, so that heads have a width that the attention kernels take.
 *
 * @param values `[parts · heads · width, ...]`.
 * @param heads Number of heads in all parts together.
 * @param width Rows of a head.
 * @returns `[parts · heads · paddedHeadDim(width), ...]`.
 */
export function padHeadRows(values: Float32Array, heads: number, width: number): Float32Array {
  const head = values.length / heads;
  const padded = head / width * paddedHeadDim(width);
  const all = new Float32Array(heads * padded);
  for (let index = 0; index < heads; index++) {
    all.set(values.subarray(index * head, (index + 1) * head), index * padded);
  }
  return all;
}

/**
 * Zero columns behind each head: what {@link padHeadRows} is for results, this is for what is computed
 * from them.
 *
 * @param values `[rows, heads · width]`.
 * @param heads Number of heads.
 * @param width Columns of a head.
 * @returns `[rows, heads · paddedHeadDim(width)]`.
 */
export function padHeadColumns(values: Float32Array, heads: number, width: number): Float32Array {
  const rows = values.length / (heads * width);
  return padHeadRows(values, rows * heads, width);
}

/**
 * The product of two square matrices, summed in double precision.
 *
 * @param a `[side, side]`.
 * @param b `[side, side]`.
 * @param side Rows and columns.
 * @returns `a · b`.
 */
export function product(a: Float32Array, b: Float32Array, side: number): Float32Array {
  const row = new Float64Array(side);
  const result = new Float32Array(side * side);
  for (let i = 0; i < side; i++) {
    row.fill(0);
    for (let k = 0; k < side; k++) {
      const factor = a[i * side + k] ?? 0;
      for (let j = 0; j < side; j++) row[j] = (row[j] ?? 0) + factor * (b[k * side + j] ?? 0);
    }
    result.set(row, i * side);
  }
  return result;
}

/**
 * A square matrix applied to a vector, summed in double precision.
 *
 * @param a `[side, side]`.
 * @param x `[side]`.
 * @returns `a · x`.
 */
export function applied(a: Float32Array, x: Float32Array): Float64Array {
  return Float64Array.from(
    x,
    (_, i) => x.reduce((sum, value, k) => sum + value * (a[i * x.length + k] ?? 0), 0),
  );
}
