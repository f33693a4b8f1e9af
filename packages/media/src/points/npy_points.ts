import { PointsLayoutError } from "../errors.ts";
import { type NpyHeader, readNpyHeader } from "./npy_header.ts";
import { checkRows, type PointFile } from "./point_file.ts";
import { interleaved, type PointColumn, type PointTable } from "./point_table.ts";
import { nameColumns } from "./unnamed_columns.ts";

/**
 * Reads NumPy's `.npy`: a matrix of one column a feature, in either order, of any float or integer
 * type and byte order, or an array of records with named fields.
 *
 * @param file The file.
 * @returns Its columns.
 */
export function readNpyPoints(file: PointFile): PointTable {
  const header = readNpyHeader(file);
  const { shape, start, type } = header;
  const count = shape.reduce((product, extent) => product * extent, 1);
  checkRows(file, count, type.bytes, start);
  const [first] = type.fields;
  if (first === undefined || first.name !== "") {
    const rows = { view: file.view, start, stride: type.bytes };
    return { format: "npy", rows: count, columns: interleaved(type.fields, rows), warnings: [] };
  }
  const { rows, columns } = matrixColumns(file, header);
  return { format: "npy", rows, ...nameColumns(file, columns, rows) };
}

function matrixColumns(
  file: PointFile,
  { fortran, shape, start, type }: NpyHeader,
): { rows: number; columns: PointColumn[] } {
  const width = shape.at(-1) ?? 0;
  if (shape.length < 2 || (fortran && shape.length > 2) || width > 64) {
    throw new PointsLayoutError(
      `Cannot read ${file.name} as points: its shape is [${shape.join(", ")}].`,
      "Save an array [points, columns] with at most 64 columns.",
    );
  }
  const rows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  const { bytes } = type;
  const columns = Array.from({ length: width }, (_, at): PointColumn => ({
    name: "",
    type: type.fields[0]?.type ?? "float32",
    littleEndian: type.fields[0]?.littleEndian ?? true,
    view: file.view,
    start: start + at * bytes * (fortran ? rows : 1),
    stride: fortran ? bytes : bytes * width,
  }));
  return { rows, columns };
}
