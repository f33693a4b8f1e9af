import { type MediaWarning, PointsLayoutError } from "../errors.ts";
import type { PointFile } from "./point_file.ts";
import type { PointRole } from "./point_roles.ts";
import { type PointColumn, readColumn } from "./point_table.ts";

/** Rows that a column is judged by. */
const SAMPLE = 65_536;
const BLOCK = 1024;

/** No sensor has more lasers. */
const MOST_RINGS = 128;

/** Whether the first rows of a column pass a test; they are read until one does not. */
export function everySample(
  column: PointColumn,
  rows: number,
  test: (value: number) => boolean,
): boolean {
  const values = new Float64Array(BLOCK);
  for (let first = 0; first < Math.min(rows, SAMPLE); first += BLOCK) {
    const count = Math.min(BLOCK, rows - first);
    readColumn(column, first, count, values);
    for (let row = 0; row < count; row++) if (!test(values[row] ?? 0)) return false;
  }
  return true;
}

/** Whether a column can be the number of a laser. */
export function looksLikeRing(column: PointColumn, rows: number): boolean {
  return everySample(column, rows, (v) => Number.isInteger(v) && v >= 0 && v < MOST_RINGS);
}

/**
 * What unnamed columns mean, by their number and by what they hold: xyz, xyzi, ring as the fifth of
 * nuScenes, and Waymo's six (intensity, elongation, the flag of no-label zones).
 */
function guess(columns: readonly PointColumn[], rows: number): (PointRole | undefined)[] {
  const roles: (PointRole | undefined)[] = ["x", "y", "z", "intensity"].slice(
    0,
    columns.length,
  ) as PointRole[];
  const [fourth, fifth, sixth] = columns.slice(3, 6);
  const isFlag = (value: number) => value === 1 || value === -1;
  if (fifth !== undefined && sixth !== undefined && everySample(sixth, rows, isFlag)) {
    roles.push("elongation", "noLabelZone");
  } else if (fourth && fifth && sixth && [fourth, fifth, sixth].every((c) => isColour(c, rows))) {
    roles[3] = undefined;
  } else if (columns.length === 5 && fifth !== undefined && looksLikeRing(fifth, rows)) {
    roles.push("ring");
  }
  return columns.map((_, at) => roles[at]);
}

function isColour(column: PointColumn, rows: number): boolean {
  return everySample(column, rows, (v) => Number.isInteger(v) && v >= 0 && v <= 255);
}

/** Columns with the names of what they mean. */
export interface NamedColumns {
  /** The same columns, named. */
  readonly columns: readonly PointColumn[];
  /** Tells of columns that are left aside because nothing says what they are. */
  readonly warnings: readonly MediaWarning[];
}

/**
 * Names the columns of a file that has no names for them.
 *
 * @param file The file, with the layout that the user gave, if any.
 * @param columns Its columns.
 * @param rows Its rows.
 * @returns The columns with names.
 * @throws {PointsLayoutError} If there are fewer than three, or not as many as the layout has.
 */
export function nameColumns(
  file: PointFile,
  columns: readonly PointColumn[],
  rows: number,
): NamedColumns {
  const { layout, name } = file;
  if (layout !== undefined && layout.columns.length !== columns.length) {
    throw new PointsLayoutError(
      `Cannot read ${name} as ${layout.text}: it has ${columns.length} columns, the layout ` +
        `${layout.columns.length}.`,
      "Give a layout with as many columns, such as 5:x,y,z,i.",
    );
  }
  if (columns.length < 3) {
    throw new PointsLayoutError(
      `Cannot read ${name}: it has ${columns.length} columns, points need x, y and z.`,
      "Check that it is a point cloud.",
    );
  }
  const roles = layout?.columns ?? guess(columns, rows);
  const named = columns.map((column, at) => ({ ...column, name: roles[at] ?? `column${at + 1}` }));
  const aside = named.filter((_, at) => roles[at] === undefined).length;
  if (layout !== undefined || aside === 0) return { columns: named, warnings: [] };
  return {
    columns: named,
    warnings: [{
      code: "POINTS_COLUMNS",
      message: `${aside} of the ${columns.length} columns of ${name} have no name and are left ` +
        "aside; name them with a layout such as 5:x,y,z,i,t.",
    }],
  };
}
