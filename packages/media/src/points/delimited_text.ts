import { headerLine } from "./header_lines.ts";
import { damaged, type PointFile } from "./point_file.ts";
import { isRoleName } from "./point_roles.ts";
import type { PointTable } from "./point_table.ts";
import { isNumber } from "./text_numbers.ts";
import { readTextRows } from "./text_rows.ts";
import { nameColumns } from "./unnamed_columns.ts";

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Reads lines of numbers (`.xyz`, `.txt`, `.csv`): blanks, tabs, commas or semicolons between them;
 * names in a first line or in a comment before the numbers.
 *
 * @param file The file.
 * @returns Its columns.
 */
export function readDelimitedText(file: PointFile): PointTable {
  const { names, start } = readNames(file);
  const widths = names === undefined ? undefined : [names.length];
  const { columns, rows } = readTextRows(file, { start, widths });
  if (names === undefined) return { format: "text", rows, ...nameColumns(file, columns, rows) };
  const named = columns.map((column, at) => ({ ...column, name: names[at] ?? "" }));
  return { format: "text", rows, columns: named, warnings: [] };
}

interface Names {
  readonly names: string[] | undefined;
  readonly start: number;
}

/** Names before the first row, if there are any. */
function readNames(file: PointFile): Names {
  const { bytes } = file;
  let start = BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte) ? BYTE_ORDER_MARK.length : 0;
  let commented: string[] | undefined;
  while (true) {
    const line = headerLine(bytes, start);
    if (line === undefined) return { names: commented, start };
    const words = wordsOf(line.text);
    if (/^\s*($|#|\/\/)/.test(line.text)) {
      if (words.filter(isRoleName).length >= 3) commented = words;
    } else if (words.every(isNumber)) {
      return { names: commented?.length === words.length ? commented : undefined, start };
    } else if (words.some(isNumber)) {
      throw damaged(file, `its first line is "${line.text.slice(0, 40)}"`);
    } else return { names: words, start: line.next };
    start = line.next;
  }
}

/** Column names may have blanks in them where commas or semicolons divide them. */
function wordsOf(line: string): string[] {
  const text = line.trim().replace(/^(#|\/\/)\s*/, "");
  const divider = text.includes(",") ? "," : text.includes(";") ? ";" : /\s+/;
  const words = text.split(divider).map((word) => word.trim().replace(/^"(.*)"$/, "$1"));
  return words.at(-1) === "" ? words.slice(0, -1) : words;
}
