/**
 * Lays a table out for a terminal.
 *
 * @param rows Cells; rows of one length.
 * @param options The first column that is aligned to the right, as numbers are; none when absent.
 * @returns One line a row, without blanks at its end.
 */
export function alignColumns(
  rows: readonly (readonly string[])[],
  { numbersFrom = Infinity }: { readonly numbersFrom?: number } = {},
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  const cells = (row: readonly string[]) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column < numbersFrom ? cell.padEnd(width) : cell.padStart(width);
    });
  return rows.map((row) => cells(row).join("  ").trimEnd());
}
