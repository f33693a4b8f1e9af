/** The largest values of rows in float64. */

/**
 * Finds the k largest values of each row; of equal ones the first comes first.
 *
 * @param x `[rows, columns]`.
 * @param columns Values of a row.
 * @param k How many.
 * @returns Values and columns, `[rows, min(k, columns)]`.
 */
export function topKReference(
  x: ArrayLike<number>,
  columns: number,
  k: number,
): { readonly values: number[]; readonly indices: number[] } {
  const [values, indices]: [number[], number[]] = [[], []];
  for (let start = 0; start < x.length; start += columns) {
    const order = Array.from({ length: columns }, (_, column) => column)
      .sort((a, b) => (x[start + b] ?? 0) - (x[start + a] ?? 0) || a - b);
    for (const column of order.slice(0, k)) {
      values.push(x[start + column] ?? NaN);
      indices.push(column);
    }
  }
  return { values, indices };
}
