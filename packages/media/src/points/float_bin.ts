import { PointsLayoutError } from "../errors.ts";
import type { PointFile } from "./point_file.ts";
import { parsePointLayout, type PointLayout } from "./point_layout.ts";
import { type PointColumn, type PointTable, readColumn } from "./point_table.ts";
import { everySample, looksLikeRing } from "./unnamed_columns.ts";

const FLOAT_BYTES = 4;
const KITTI = parsePointLayout("xyzi");
const NUSCENES = parsePointLayout("xyzir");

/** Widths that a message offers. */
const OFFERS = ["xyz", "xyzi", "xyzir", "xyziet"].map(parsePointLayout);

/** Coordinates beyond this, in metres, are no coordinates. */
const FARTHEST = 1e6;

/** Rows that are looked at for that. */
const SAMPLE = 4096;

/** Share of such coordinates from which a file is something else. */
const GARBAGE = 0.01;

/**
 * Reads rows of little-endian 32-bit floats without a header: KITTI's four columns, nuScenes' five
 * (`.pcd.bin`) or what the layout says.
 *
 * @param file The file.
 * @returns Its columns.
 * @throws {PointsLayoutError} If its size fits no layout, or if it holds no coordinates.
 */
export function readFloatBin(file: PointFile): PointTable {
  const layout = file.layout ?? layoutOf(file);
  const width = layout.columns.length;
  const rowBytes = FLOAT_BYTES * width;
  if (file.bytes.length % rowBytes !== 0) {
    refuseSize(file, `no multiple of ${rowBytes} (${layout.text} float32)`);
  }
  const rows = file.bytes.length / rowBytes;
  const columns = layout.columns.map((role, at) =>
    floatColumn(file, role ?? `column${at + 1}`, at, width)
  );
  const garbage = shareOfGarbage(columns.slice(0, 3), rows);
  if (file.layout === undefined && garbage > GARBAGE) {
    throw new PointsLayoutError(
      `Cannot read ${file.name} as ${layout.text} float32: ${
        (100 * garbage).toFixed(0)
      } % of its ` +
        `coordinates lie beyond ${FARTHEST} m.`,
      "If it holds points, name its columns with a layout such as 6:x,y,z,i.",
    );
  }
  return { format: "bin", rows, columns, warnings: [] };
}

function floatColumn(file: PointFile, name: string, at: number, width: number): PointColumn {
  return {
    name,
    type: "float32",
    view: file.view,
    start: FLOAT_BYTES * at,
    stride: FLOAT_BYTES * width,
    littleEndian: true,
  };
}

/**
 * Tells KITTI's four columns from nuScenes' five. A size that both divide, and a file of either
 * kind that was cut at a place which fits the other, are told apart by what the columns hold: the
 * number of a laser is a small whole number in every row, and no intensity is negative.
 */
function layoutOf(file: PointFile): PointLayout {
  const size = file.bytes.length;
  const fits = ({ columns }: PointLayout) => size % (FLOAT_BYTES * columns.length) === 0;
  if (/\.pcd\.bin$/i.test(file.name)) return NUSCENES;
  const rows = Math.floor(size / (FLOAT_BYTES * NUSCENES.columns.length));
  const ringed = rows > 0 && looksLikeRing(floatColumn(file, "ring", 4, 5), rows);
  if (ringed && fits(NUSCENES)) return NUSCENES;
  if (!fits(KITTI)) {
    const reason = fits(NUSCENES)
      ? "a multiple of 20 (xyzir float32), but the fifth column holds no numbers of lasers"
      : "no multiple of 16 (xyzi float32) or 20 (xyzir)";
    return refuseSize(file, reason);
  }
  const intensity = floatColumn(file, "intensity", 3, 4);
  if (ringed && !everySample(intensity, size / (4 * FLOAT_BYTES), (value) => !(value < 0))) {
    return refuseSize(file, "no multiple of 20 (xyzir float32), which its columns look like");
  }
  return KITTI;
}

function refuseSize(file: PointFile, reason: string): never {
  const size = file.bytes.length;
  const fitting = OFFERS.filter(({ columns }) => size % (FLOAT_BYTES * columns.length) === 0);
  throw new PointsLayoutError(
    `Cannot read ${file.name}: ${size} bytes are ${reason}.`,
    fitting.length === 0
      ? "Copy it again if it was cut off, or name its columns with a layout such as 7:x,y,z,i."
      : `Copy it again if it was cut off, or name its layout: ${
        fitting.map(({ text }) => text).join(" or ")
      } would fit.`,
  );
}

function shareOfGarbage(columns: readonly PointColumn[], rows: number): number {
  const values = new Float64Array(Math.min(rows, SAMPLE));
  let most = 0;
  for (const column of columns) {
    readColumn(column, 0, values.length, values);
    let beyond = 0;
    for (let row = 0; row < values.length; row++) {
      const size = Math.abs(values[row] ?? 0);
      if (size > FARTHEST && size < Infinity) beyond++;
    }
    most = Math.max(most, beyond);
  }
  return rows === 0 ? 0 : most / values.length;
}
