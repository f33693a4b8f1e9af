import type { PointsDamagedError, PointsTruncatedError } from "../errors.ts";
import { damaged, type PointFile, truncated } from "./point_file.ts";
import { type PointColumn, viewOf } from "./point_table.ts";
import { isBlank, isDivider, parseNumber, tokenEnd } from "./text_numbers.ts";

const LF = 10;
const [HASH, SLASH] = [35, 47];
const FLOAT64_BYTES = 8;
/** A number and what divides it from the next. */
const LEAST_NUMBER_BYTES = 2;

/** Which lines are rows. */
export interface TextRowsOptions {
  /** Byte of the first line. */
  readonly start: number;
  /** Rows to read; up to the end of the file if absent. */
  readonly rows?: number | undefined;
  /** Numbers that a row may have; any if absent. */
  readonly widths?: readonly number[] | undefined;
}

/** Numbers of lines. */
export interface TextRows {
  /** Columns without names. */
  readonly columns: readonly PointColumn[];
  /** Number of rows. */
  readonly rows: number;
}

/** Byte after the last one of a line. */
function lineEnd(bytes: Uint8Array, at: number): number {
  const end = bytes.indexOf(LF, at);
  return end < 0 ? bytes.length : end;
}

/** Whether a line has nothing but blanks, or a comment. */
export function isEmptyLine(bytes: Uint8Array, at: number, end: number): boolean {
  while (at < end && isBlank(bytes[at])) at++;
  return at === end || bytes[at] === HASH || (bytes[at] === SLASH && bytes[at + 1] === SLASH);
}

/**
 * Reads lines of numbers that blanks, tabs, commas or semicolons divide. An empty column between
 * two dividers is NaN. Empty lines and comments (`#`, `//`) are no rows.
 *
 * @param file The file.
 * @param options Which lines.
 * @returns The numbers, in double precision.
 * @throws {PointsTruncatedError} If rows are missing, or the last line is cut off.
 * @throws {PointsDamagedError} If a line has another number of columns, or something else in it.
 */
export function readTextRows(file: PointFile, options: TextRowsOptions): TextRows {
  const { bytes } = file;
  const { rows: expected } = options;
  let at = options.start;
  while (at < bytes.length && isEmptyLine(bytes, at, lineEnd(bytes, at))) {
    at = lineEnd(bytes, at) + 1;
  }
  const width = widthOf(file, at, options);
  const most = expected ?? countLines(bytes, at);
  checkRoom(file, at, most, expected === undefined ? 0 : width);
  const values = new Float64Array(most * width);
  let row = 0;
  while (at < bytes.length && row < most) {
    const end = lineEnd(bytes, at);
    if (!isEmptyLine(bytes, at, end)) parseRow(file, { at, end, width, row: row++ }, values);
    at = end + 1;
  }
  if (expected !== undefined && row < expected) {
    throw truncated(file, `it has ${row} of ${expected} points`);
  }
  return { columns: matrixColumns(values, width), rows: row };
}

/** Numbers of a row: the only ones allowed, or else as many as the first row has. */
function widthOf(file: PointFile, at: number, { rows, widths }: TextRowsOptions): number {
  const { bytes } = file;
  const [first = 0, ...others] = widths ?? [];
  if (rows === 0 || at >= bytes.length || (widths !== undefined && others.length === 0)) {
    return first;
  }
  const width = countNumbers(bytes, at, lineEnd(bytes, at));
  if (widths !== undefined && !widths.includes(width)) throw wrongWidth(file, at, width, first);
  return width;
}

/**
 * Passes over lines that are no rows of points.
 *
 * @param file The file.
 * @param start Byte of the first line.
 * @param lines How many lines to pass, empty lines and comments not counted.
 * @returns Byte of the line after them.
 * @throws {PointsTruncatedError} If there are fewer.
 */
export function skipTextRows(file: PointFile, start: number, lines: number): number {
  const { bytes } = file;
  let at = start;
  for (let passed = 0; passed < lines;) {
    if (at >= bytes.length) {
      throw truncated(file, `${passed} of ${lines} lines are before its points`);
    }
    const end = lineEnd(bytes, at);
    if (!isEmptyLine(bytes, at, end)) passed++;
    at = end + 1;
  }
  return at;
}

function checkRoom(file: PointFile, at: number, rows: number, width: number): void {
  const there = file.bytes.length - at + 1;
  if (rows * width * LEAST_NUMBER_BYTES <= there) return;
  throw truncated(file, `${there} bytes cannot hold ${rows} lines of ${width} numbers`);
}

function countLines(bytes: Uint8Array, at: number): number {
  let lines = 0;
  for (; at < bytes.length; at = lineEnd(bytes, at) + 1) lines++;
  return lines;
}

function countNumbers(bytes: Uint8Array, at: number, end: number): number {
  let numbers = 0;
  while (at < end) {
    while (at < end && isBlank(bytes[at])) at++;
    if (at === end) break;
    numbers++;
    at = tokenEnd(bytes, at, end);
    while (at < end && isBlank(bytes[at])) at++;
    if (isDivider(bytes[at])) at++;
  }
  return numbers;
}

interface Row {
  readonly at: number;
  readonly end: number;
  readonly width: number;
  readonly row: number;
}

function parseRow(
  file: PointFile,
  { at: start, end, width, row }: Row,
  values: Float64Array,
): void {
  const { bytes } = file;
  let at = start;
  let column = 0;
  let divided = false;
  while (true) {
    while (at < end && isBlank(bytes[at])) at++;
    if (at >= end) break;
    const last = tokenEnd(bytes, at, end);
    const value = last === at ? NaN : parseNumber(bytes, at, last);
    if (value === undefined) throw noNumber(file, at, last);
    if (column < width) values[row * width + column] = value;
    column++;
    at = last;
    while (at < end && isBlank(bytes[at])) at++;
    divided = at < end && isDivider(bytes[at]);
    if (divided) at++;
  }
  if (divided && column === width - 1) values[row * width + column++] = NaN;
  if (column !== width) throw wrongWidth(file, start, column, width);
}

function lineNumber(file: PointFile, at: number): number {
  let line = 1;
  for (let index = 0; index < at; index++) if (file.bytes[index] === LF) line++;
  return line;
}

function wrongWidth(
  file: PointFile,
  at: number,
  width: number,
  expected: number,
): PointsDamagedError | PointsTruncatedError {
  const reason = `line ${lineNumber(file, at)} has ${width} of ${expected} columns`;
  const cut = width < expected && lineEnd(file.bytes, at) === file.bytes.length;
  return cut ? truncated(file, reason) : damaged(file, reason.replace(" of ", ", expected "));
}

function noNumber(file: PointFile, at: number, end: number): PointsDamagedError {
  const token = new TextDecoder().decode(file.bytes.subarray(at, Math.min(end, at + 40)));
  return damaged(file, `"${token}" in line ${lineNumber(file, at)} is no number`);
}

function matrixColumns(values: Float64Array<ArrayBuffer>, width: number): PointColumn[] {
  const view = viewOf(new Uint8Array(values.buffer));
  return Array.from({ length: width }, (_, at) => ({
    name: "",
    type: "float64" as const,
    view,
    start: FLOAT64_BYTES * at,
    stride: FLOAT64_BYTES * width,
    littleEndian: true,
  }));
}
