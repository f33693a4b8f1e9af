import { PointsLayoutError } from "../errors.ts";
import type { PointRole } from "./point_roles.ts";

/** What the columns of a file mean that has no names for them. */
export interface PointLayout {
  /** How the layout was written. */
  readonly text: string;
  /** Meaning of each column; undefined for columns that are not used. */
  readonly columns: readonly (PointRole | undefined)[];
}

const LETTERS: Readonly<Record<string, PointRole | undefined>> = {
  x: "x",
  y: "y",
  z: "z",
  i: "intensity",
  r: "ring",
  e: "elongation",
  t: "time",
  n: "noLabelZone",
  _: undefined,
};

/** More columns than any sensor has. */
const MOST_COLUMNS = 64;

/**
 * Reads a layout: letters without separators (`xyzir`), or a number of columns and the letters of
 * the first ones (`7:x,y,z,_,i`). Letters are `x`, `y`, `z`, `i` (intensity), `r` (ring), `e`
 * (elongation), `t` (seconds before the newest sweep), `n` (no-label zone) and `_` (not used).
 *
 * @param text The layout.
 * @returns The columns.
 * @throws {PointsLayoutError} If the text is no layout, or x, y or z is missing or there twice.
 *
 * @example
 * ```ts
 * import { parsePointLayout } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parsePointLayout("xyzi").columns, ["x", "y", "z", "intensity"]);
 * assert.equal(parsePointLayout("6:x,y,z,i").columns.length, 6);
 * ```
 */
export function parsePointLayout(text: string): PointLayout {
  const match = /^(?:(\d+):)?(.+)$/.exec(text.trim().toLowerCase());
  const letters = match?.[1] === undefined ? [...match?.[2] ?? ""] : match[2]?.split(",") ?? [];
  const width = Number(match?.[1] ?? letters.length);
  const unknown = letters.find((letter) => !(letter.trim() in LETTERS));
  if (unknown !== undefined) refuse(text, `"${unknown}" is no column`);
  if (letters.length > width) refuse(text, `it names ${letters.length} of ${width} columns`);
  if (width > MOST_COLUMNS) refuse(text, `${width} columns are more than ${MOST_COLUMNS}`);
  const named = letters.map((letter) => LETTERS[letter.trim()]);
  const twice = named.find((role, at) => role !== undefined && named.indexOf(role) !== at);
  if (twice !== undefined) refuse(text, `it names ${twice} twice`);
  for (const axis of ["x", "y", "z"] as const) {
    if (!named.includes(axis)) refuse(text, `it has no ${axis}`);
  }
  return { text, columns: Array.from({ length: width }, (_, at) => named[at]) };
}

function refuse(text: string, reason: string): never {
  throw new PointsLayoutError(
    `Cannot use the point layout "${text}": ${reason}.`,
    "Write columns like xyzi, xyzir, xyziet or 5:x,y,z,i,t.",
  );
}
