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
