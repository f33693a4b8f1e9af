import { PointsDamagedError, PointsTruncatedError } from "../errors.ts";
import type { PointLayout } from "./point_layout.ts";
import { viewOf } from "./point_table.ts";

/** A file of points that is being read. */
export interface PointFile {
  /** The whole file. */
  readonly bytes: Uint8Array;
  /** The same bytes. */
  readonly view: DataView;
  /** What messages call it. */
  readonly name: string;
  /** What its columns mean if it does not say. */
  readonly layout?: PointLayout | undefined;
}

/** A file, for readers. */
export function pointFile(bytes: Uint8Array, name: string, layout?: PointLayout): PointFile {
  return { bytes, view: viewOf(bytes), name, layout };
}

/**
 * The error for a file that ends too early.
 *
 * @param file The file.
 * @param reason What is there and what should be, without a full stop.
 */
export function truncated(file: PointFile, reason: string): PointsTruncatedError {
  return new PointsTruncatedError(
    `Cannot read ${file.name}: the file is cut off, ${reason}.`,
    "Copy or download it again.",
  );
}

/**
 * The error for a file that contradicts itself or its format.
 *
 * @param file The file.
 * @param reason What is wrong, without a full stop.
 */
export function damaged(file: PointFile, reason: string): PointsDamagedError {
  return new PointsDamagedError(
    `Cannot read ${file.name}: ${reason}.`,
    "Write it again with the program that made it.",
  );
}

/** More points than fit into a list of positions. */
const MOST_POINTS = 2 ** 29;

/**
 * Checks a number of rows that a header claims before memory is set aside for them.
 *
 * @param file The file.
 * @param rows The claim.
 * @param rowBytes Bytes of a row in the file, at least.
 * @param start Byte of the first row.
 * @throws {PointsDamagedError} If it is no count.
 * @throws {PointsTruncatedError} If the file is too short for it.
 */
export function checkRows(file: PointFile, rows: number, rowBytes: number, start: number): void {
  if (!Number.isInteger(rows) || rows < 0) throw damaged(file, `${rows} is no number of points`);
  if (rows > MOST_POINTS) throw damaged(file, `${rows} points are more than ${MOST_POINTS}`);
  const there = Math.max(0, file.bytes.length - start);
  if (rows * rowBytes <= there) return;
  throw truncated(
    file,
    `${there} bytes hold ${Math.floor(there / rowBytes)} of ${rows} points of ${rowBytes} bytes`,
  );
}
