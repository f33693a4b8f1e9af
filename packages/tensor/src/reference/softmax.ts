/** Softmax in float64. */

/** What the reference is made from. */
export interface SoftmaxReferenceInput {
  /** Rows one after the other. */
  readonly x: ArrayLike<number>;
  /** Elements of a row. */
  readonly columns: number;
  /** What is added to an element of x; what is below −1e38 stands for a masked entry. */
  readonly mask?: (index: number) => number;
}

/**
 * Softmax over rows.
 *
 * @param input Values and mask.
 * @returns Shares of each row; zeros where all of it is masked.
 */
export function softmaxReference({ x, columns, mask }: SoftmaxReferenceInput): Float64Array {
  const y = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += columns) {
    const row = Array.from({ length: columns }, (_, c) => {
      const value = (x[start + c] ?? NaN) + (mask?.(start + c) ?? 0);
      return value < -1e38 ? -Infinity : value;
    });
    const top = Math.max(...row);
    if (top === -Infinity) continue;
    const exponentials = row.map((value) => Math.exp(value - top));
    const sum = exponentials.reduce((a, b) => a + b);
    exponentials.forEach((value, c) => y[start + c] = value / sum);
  }
  return y;
}
