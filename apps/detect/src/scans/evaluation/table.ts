/** Digits behind the point. */
const DIGITS = 3;

/**
 * Rows in columns, the first to the left, the others to the right.
 *
 * @param rows Texts, and numbers between 0 and 100; those that are none become dashes.
 * @returns One line a row.
 */
export function table(rows: readonly (readonly (string | number)[])[]): readonly string[] {
  const cells = rows.map((row) => row.map(cell));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0))
  );
  return cells.map((row) =>
    row.map((text, column) =>
      column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
    ).join("  ")
  );
}

function cell(value: string | number): string {
  if (typeof value === "string") return value;
  return Number.isFinite(value) ? value.toFixed(DIGITS) : "-";
}
