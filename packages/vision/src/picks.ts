/** Weights in another order of channels, with room for channels that are always zero. */

/**
 * Rows in another order.
 *
 * @param values `[rows, width]`.
 * @param width Values of a row.
 * @param picks For each row of the result the row that it is; -1 for zeros.
 * @returns `[picks, width]`.
 *
 * @example
 * ```ts
 * import { pickRows } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const rows = Float32Array.of(1, 2, 3, 4);
 * assert.deepEqual([...pickRows(rows, 2, [1, -1, 0])], [3, 4, 0, 0, 1, 2]);
 * ```
 */
export function pickRows(
  values: Float32Array,
  width: number,
  picks: readonly number[],
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(picks.length * width);
  for (const [row, pick] of picks.entries()) {
    if (pick >= 0) result.set(values.subarray(pick * width, (pick + 1) * width), row * width);
  }
  return result;
}

/**
 * Columns in another order.
 *
 * @param values `[rows, columns]`.
 * @param columns Values of a row.
 * @param picks For each column of the result the column that it is; -1 for zeros.
 * @returns `[rows, picks]`.
 *
 * @example
 * ```ts
 * import { pickColumns } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const rows = Float32Array.of(1, 2, 3, 4);
 * assert.deepEqual([...pickColumns(rows, 2, [1, -1])], [2, 0, 4, 0]);
 * ```
 */
export function pickColumns(
  values: Float32Array,
  columns: number,
  picks: readonly number[],
): Float32Array<ArrayBuffer> {
  const rows = values.length / columns;
  const result = new Float32Array(rows * picks.length);
  for (let row = 0; row < rows; row++) {
    for (const [column, pick] of picks.entries()) {
      if (pick >= 0) result[row * picks.length + column] = values[row * columns + pick] ?? 0;
    }
  }
  return result;
}
