import { type MediaWarning, PointsCodecError } from "../errors.ts";
import { MOST_LZF_RATIO, unpackLzf } from "./lzf.ts";
import { fieldBytes, partNames, type PcdHeader, readPcdHeader } from "./pcd_header.ts";
import { checkRows, damaged, type PointFile, truncated } from "./point_file.ts";
import { type PointColumn, type PointTable, viewOf } from "./point_table.ts";
import { SCALAR_BYTES } from "./scalar_types.ts";
import { readTextRows } from "./text_rows.ts";

/**
 * Reads the Point Cloud Library's `.pcd`: ascii, binary and binary_compressed.
 *
 * @param file The file.
 * @returns Its columns.
 */
export function readPcd(file: PointFile): PointTable {
  const header = readPcdHeader(file);
  const columns = columnsOf(file, header);
  return { format: "pcd", rows: header.points, columns, warnings: warningsOf(file, header) };
}

function warningsOf(file: PointFile, { area, points }: PcdHeader): MediaWarning[] {
  if (area === undefined || area === points) return [];
  return [{
    code: "POINTS_COUNT",
    message: `${file.name} says POINTS ${points}, but its WIDTH and HEIGHT make ${area}; ` +
      `${points} are read.`,
  }];
}

function columnsOf(file: PointFile, header: PcdHeader): PointColumn[] {
  const rowBytes = header.fields.reduce((sum, field) => sum + fieldBytes(field), 0);
  switch (header.data) {
    case "ascii":
      return asciiColumns(file, header);
    case "binary":
      checkRows(file, header.points, rowBytes, header.start);
      return rowColumns(header, file.view, rowBytes);
    case "binary_compressed":
      return compressedColumns(file, header, rowBytes);
  }
  throw new PointsCodecError(
    `Cannot read ${file.name}: its DATA is "${header.data}".`,
    "Convert it to ascii, binary or binary_compressed.",
  );
}

/** Padding stands in ascii files of some programs and not of others: the first line tells. */
function asciiColumns(file: PointFile, { fields, points, start }: PcdHeader): PointColumn[] {
  const names = fields.flatMap((field) =>
    field.name === "_" ? Array.from({ length: field.count }, () => "_") : partNames(field)
  );
  const unpadded = names.filter((name) => name !== "_");
  const { columns } = readTextRows(file, {
    start,
    rows: points,
    widths: [names.length, unpadded.length],
  });
  const present = columns.length === names.length ? names : unpadded;
  return columns
    .map((column, at) => ({ ...column, name: present[at] ?? "_" }))
    .filter(({ name }) => name !== "_");
}

/** One point after the other. */
function rowColumns(header: PcdHeader, view: DataView, stride: number): PointColumn[] {
  const columns: PointColumn[] = [];
  let at = header.start;
  for (const field of header.fields) {
    for (const [part, name] of partNames(field).entries()) {
      const start = at + part * SCALAR_BYTES[field.type];
      columns.push({ name, type: field.type, view, start, stride, littleEndian: true });
    }
    at += fieldBytes(field);
  }
  return columns;
}

/** One field after the other; the numbers that a field has in a point stay together. */
function compressedColumns(file: PointFile, header: PcdHeader, rowBytes: number): PointColumn[] {
  const { fields, points, start } = header;
  if (points === 0) return rowColumns(header, viewOf(new Uint8Array()), rowBytes);
  if (start + 8 > file.bytes.length) throw truncated(file, "its points are missing");
  const [packedBytes, size] = [
    file.view.getUint32(start, true),
    file.view.getUint32(start + 4, true),
  ];
  if (size !== points * rowBytes) {
    throw damaged(
      file,
      `${points} points need ${points * rowBytes} bytes, but it unpacks to ${size}`,
    );
  }
  const there = file.bytes.length - start - 8;
  if (there < packedBytes) {
    throw truncated(file, `${there} of ${packedBytes} packed bytes are there`);
  }
  const unpacked = size > packedBytes * MOST_LZF_RATIO
    ? undefined
    : unpackLzf(file.bytes.subarray(start + 8, start + 8 + packedBytes), size);
  if (unpacked === undefined) throw damaged(file, "its compressed points are damaged");
  const view = viewOf(unpacked);
  const columns: PointColumn[] = [];
  let at = 0;
  for (const field of fields) {
    const stride = fieldBytes(field);
    for (const [part, name] of partNames(field).entries()) {
      const first = at + part * SCALAR_BYTES[field.type];
      columns.push({ name, type: field.type, view, start: first, stride, littleEndian: true });
    }
    at += stride * points;
  }
  return columns;
}
