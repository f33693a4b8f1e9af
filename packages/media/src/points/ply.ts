import { PointsCodecError } from "../errors.ts";
import { type PlyElement, type PlyHeader, readPlyHeader } from "./ply_header.ts";
import { checkRows, damaged, type PointFile, truncated } from "./point_file.ts";
import { type Field, interleaved, type PointColumn, type PointTable } from "./point_table.ts";
import { readScalars, SCALAR_BYTES, type ScalarType } from "./scalar_types.ts";
import { readTextRows, skipTextRows } from "./text_rows.ts";

/**
 * Reads the vertices of a `.ply` file: ascii and binary of both byte orders, other elements before
 * them or not.
 *
 * @param file The file.
 * @returns The properties of the vertices.
 */
export function readPly(file: PointFile): PointTable {
  const header = readPlyHeader(file);
  const index = header.elements.findIndex(({ name }) => name === "vertex");
  const vertex = header.elements[index];
  if (vertex === undefined) throw damaged(file, "it has no element vertex");
  const list = vertex.properties.find(({ countType }) => countType !== undefined);
  if (list !== undefined) {
    throw new PointsCodecError(
      `Cannot read ${file.name}: its vertices have the list ${list.name}.`,
      "Write the vertices without lists.",
    );
  }
  const before = header.elements.slice(0, index);
  const columns = header.encoding === "ascii"
    ? asciiColumns(file, header, before, vertex)
    : binaryColumns(file, header, before, vertex);
  return { format: "ply", rows: vertex.count, columns, warnings: [] };
}

function asciiColumns(
  file: PointFile,
  header: PlyHeader,
  before: readonly PlyElement[],
  vertex: PlyElement,
): PointColumn[] {
  const lines = before.reduce((sum, { count }) => sum + count, 0);
  const start = skipTextRows(file, header.start, lines);
  const widths = [vertex.properties.length];
  const { columns } = readTextRows(file, { start, rows: vertex.count, widths });
  return columns.map((column, at) => ({ ...column, name: vertex.properties[at]?.name ?? "" }));
}

function binaryColumns(
  file: PointFile,
  header: PlyHeader,
  before: readonly PlyElement[],
  vertex: PlyElement,
): PointColumn[] {
  const littleEndian = header.encoding === "binary_little_endian";
  const start = before.reduce(
    (at, element) => skipElement(file, element, at, littleEndian),
    header.start,
  );
  const fields: Field[] = [];
  let rowBytes = 0;
  for (const { name, type } of vertex.properties) {
    fields.push({ name, type, at: rowBytes, littleEndian });
    rowBytes += SCALAR_BYTES[type];
  }
  checkRows(file, vertex.count, rowBytes, start);
  return interleaved(fields, { view: file.view, start, stride: rowBytes });
}

/** Byte after an element; lists have to be walked through, since each has its own length. */
function skipElement(
  file: PointFile,
  { name, count, properties }: PlyElement,
  start: number,
  littleEndian: boolean,
): number {
  const fixed = properties.reduce(
    (sum, { type, countType }) => sum + SCALAR_BYTES[countType ?? type],
    0,
  );
  checkRows(file, count, fixed, start);
  if (properties.every(({ countType }) => countType === undefined)) return start + count * fixed;
  let at = start;
  for (let row = 0; row < count; row++) {
    for (const { type, countType } of properties) {
      if (countType === undefined) at += SCALAR_BYTES[type];
      else at = listEnd(file, { at, type, countType, littleEndian });
      if (at > file.bytes.length) throw truncated(file, `it ends in ${name} ${row} of ${count}`);
    }
  }
  return at;
}

interface List {
  readonly at: number;
  readonly type: ScalarType;
  readonly countType: ScalarType;
  readonly littleEndian: boolean;
}

function listEnd(file: PointFile, { at, type, countType, littleEndian }: List): number {
  const first = at + SCALAR_BYTES[countType];
  if (first > file.bytes.length) return first;
  const length = new Float64Array(1);
  const spaced = { view: file.view, start: at, stride: 0, littleEndian };
  readScalars(countType, spaced, 0, 1, length);
  const count = length[0] ?? 0;
  if (!(count >= 0)) throw damaged(file, `it has a list of ${count} numbers`);
  return first + count * SCALAR_BYTES[type];
}
