/** Reductions in float64. */

/**
 * Reduces one axis.
 *
 * @param x Values.
 * @param shape Extents of `x`.
 * @param axis The axis that disappears.
 * @param combine From all values along the axis to one.
 * @returns The shape without that axis.
 */
export function reduceReference(
  x: ArrayLike<number>,
  shape: readonly number[],
  axis: number,
  combine: (values: readonly number[]) => number,
): Float64Array {
  const n = shape[axis] ?? 1;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  return Float64Array.from({ length: outer * inner }, (_, index) => {
    const start = Math.floor(index / inner) * n * inner + index % inner;
    return combine(Array.from({ length: n }, (_, i) => x[start + i * inner] ?? NaN));
  });
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** What each reduction makes of several values. */
export const reductionReferences = {
  sum,
  mean: (values) => sum(values) / values.length,
  max: (values) => values.reduce((a, b) => Math.max(a, b)),
  min: (values) => values.reduce((a, b) => Math.min(a, b)),
} as const satisfies Readonly<Record<string, (values: readonly number[]) => number>>;

/**
 * Reduces the rows that share a number.
 *
 * @param rows Rows one after the other, and the elements of one.
 * @param numbers The number of each row.
 * @param count Rows of the result; numbers that are not below it belong to none.
 * @param combine From all values of a column to one.
 * @returns One row a number; zeros for those without rows.
 */
export function segmentReference(
  { x, width }: { readonly x: ArrayLike<number>; readonly width: number },
  numbers: Uint32Array,
  count: number,
  combine: (values: readonly number[]) => number,
): Float64Array {
  const members = Array.from({ length: count }, (): number[] => []);
  numbers.forEach((number, row) => members[number]?.push(row));
  return Float64Array.from({ length: count * width }, (_, index) => {
    const rows = members[Math.floor(index / width)] ?? [];
    return rows.length === 0
      ? 0
      : combine(rows.map((row) => x[row * width + index % width] ?? NaN));
  });
}
