import type { MediaWarning } from "../errors.ts";
import { readScalars, type ScalarType } from "./scalar_types.ts";

/** Kind of a file of points. */
export type PointFormat =
  | "bin"
  | "las"
  | "laz"
  | "npy"
  | "npz"
  | "pcd"
  | "ply"
  | "text";

/** One column of a file: numbers that lie equally far from each other in some bytes. */
export interface PointColumn {
  /** Its name in the file, or by the layout of files that have no names. */
  readonly name: string;
  /** How its numbers are stored. */
  readonly type: ScalarType;
  /** The bytes. */
  readonly view: DataView;
  /** Byte of the first number. */
  readonly start: number;
  /** Bytes from one number to the next. */
  readonly stride: number;
  /** Byte order. */
  readonly littleEndian: boolean;
  /** Stored numbers are multiplied by this, in double precision; 1 if absent. */
  readonly scale?: number;
  /** Then this is added; 0 if absent. */
  readonly offset?: number;
}

/** A file of points before it is known which of its columns mean what. */
export interface PointTable {
  /** Kind of file. */
  readonly format: PointFormat;
  /** Points in the file. */
  readonly rows: number;
  /** Columns in the order of the file, without padding. */
  readonly columns: readonly PointColumn[];
  /** What is odd about the file, yet does not keep it from being read. */
  readonly warnings: readonly MediaWarning[];
}

/**
 * Reads numbers of a column in double precision.
 *
 * @param column The column.
 * @param first Row of the first number.
 * @param count How many.
 * @param target Gets them from its start.
 */
export function readColumn(
  column: PointColumn,
  first: number,
  count: number,
  target: Float64Array,
): void {
  readScalars(column.type, column, first, count, target);
  const { scale = 1, offset = 0 } = column;
  if (scale === 1 && offset === 0) return;
  for (let row = 0; row < count; row++) target[row] = (target[row] ?? 0) * scale + offset;
}

/**
 * All numbers of a column of a file, in double precision and exactly as stored.
 *
 * @param table The file.
 * @param name Name of the column.
 * @returns One number a row; undefined if the file has no such column.
 */
export function columnValues(
  table: PointTable,
  name: string,
): Float64Array<ArrayBuffer> | undefined {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) return undefined;
  const values = new Float64Array(table.rows);
  readColumn(column, 0, table.rows, values);
  return values;
}

/** Where interleaved rows lie. */
export interface RowPlacement {
  /** The bytes. */
  readonly view: DataView;
  /** Byte of the first row. */
  readonly start: number;
  /** Bytes of a row. */
  readonly stride: number;
}

/** A name and how its numbers are stored. */
export interface Field {
  /** Name of the column. */
  readonly name: string;
  /** Type of its numbers. */
  readonly type: ScalarType;
  /** Bytes before it in a row. */
  readonly at: number;
  /** Byte order. */
  readonly littleEndian: boolean;
}

/** Columns of interleaved rows. */
export function interleaved(fields: readonly Field[], rows: RowPlacement): PointColumn[] {
  const { view, start, stride } = rows;
  return fields.map(({ name, type, at, littleEndian }) => ({
    name,
    type,
    view,
    start: start + at,
    stride,
    littleEndian,
  }));
}

/** A view of bytes, wherever they lie in their buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
