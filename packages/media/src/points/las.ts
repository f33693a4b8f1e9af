import { checkRows, damaged, type PointFile, truncated } from "./point_file.ts";
import type { PointColumn, PointTable } from "./point_table.ts";

/** Bytes of a point of formats 0 to 10. */
const POINT_BYTES = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67];
/** Byte of the GPS time in a point of formats 0 to 10; those without it have none. */
const TIME_AT = [undefined, 20, undefined, 20, 20, 20, 22, 22, 22, 22, 22];

const [HEADER_BYTES, HEADER_BYTES_14] = [227, 375];
const COMPRESSED = 0xc0;

/** What the header of a LAS file says. */
export interface LasHeader {
  /** Second number of the version, 0 to 4. */
  readonly minor: number;
  /** Point format, 0 to 10. */
  readonly format: number;
  /** Whether the points are packed, as in LAZ. */
  readonly compressed: boolean;
  /** Bytes of a point. */
  readonly pointBytes: number;
  /** Points. */
  readonly points: number;
  /** Byte of the first point. */
  readonly start: number;
  /** What x, y and z are multiplied by. */
  readonly scale: readonly number[];
  /** What is added to them afterwards. */
  readonly offset: readonly number[];
}

/**
 * Reads the header of a LAS or LAZ file, versions 1.0 to 1.4.
 *
 * @param file The file.
 * @returns What it says.
 */
export function readLasHeader(file: PointFile): LasHeader {
  const { view } = file;
  if (view.byteLength < HEADER_BYTES) {
    throw truncated(file, `${view.byteLength} of ${HEADER_BYTES} bytes of its header are there`);
  }
  const [major, minor] = [view.getUint8(24), view.getUint8(25)];
  if (major !== 1 || minor > 4) throw damaged(file, `LAS ${major}.${minor} is unknown`);
  const flags = view.getUint8(104);
  const format = flags & ~COMPRESSED;
  const pointBytes = view.getUint16(105, true);
  const least = POINT_BYTES[format];
  if (least === undefined) throw damaged(file, `the point format ${format} is unknown`);
  if (pointBytes < least) {
    throw damaged(file, `points of format ${format} have ${least} bytes, it says ${pointBytes}`);
  }
  const triple = (at: number) => [0, 8, 16].map((byte) => view.getFloat64(at + byte, true));
  const [scale, offset] = [triple(131), triple(155)];
  if (![...scale, ...offset].every(Number.isFinite) || scale.includes(0)) {
    throw damaged(file, `its scale is ${scale} and its offset ${offset}`);
  }
  return {
    minor,
    format,
    compressed: (flags & COMPRESSED) !== 0,
    pointBytes,
    points: pointCount(file, minor),
    start: view.getUint32(96, true),
    scale,
    offset,
  };
}

/** Version 1.4 has a second, longer count, for which the first one is 0. */
function pointCount({ view }: PointFile, minor: number): number {
  const legacy = view.getUint32(107, true);
  if (legacy > 0 || minor < 4 || view.byteLength < HEADER_BYTES_14) return legacy;
  return Number(view.getBigUint64(247, true));
}

/**
 * Reads the points of a `.las` file: coordinates in double precision, intensity, GPS time.
 *
 * @param file The file.
 * @returns Its columns.
 */
export function readLas(file: PointFile): PointTable {
  const header = readLasHeader(file);
  checkRows(file, header.points, header.pointBytes, header.start);
  return { format: "las", ...lasColumns(header, file.view, header.start), warnings: [] };
}

/** Columns of unpacked points. */
export function lasColumns(
  { format, points, pointBytes, scale, offset }: LasHeader,
  view: DataView,
  start: number,
): { rows: number; columns: PointColumn[] } {
  const placed = { view, stride: pointBytes, littleEndian: true };
  const columns: PointColumn[] = ["x", "y", "z"].map((name, axis) => ({
    ...placed,
    name,
    type: "int32",
    start: start + 4 * axis,
    scale: scale[axis] ?? 1,
    offset: offset[axis] ?? 0,
  }));
  columns.push({ ...placed, name: "intensity", type: "uint16", start: start + 12 });
  const timeAt = TIME_AT[format];
  if (timeAt !== undefined) {
    columns.push({ ...placed, name: "gps_time", type: "float64", start: start + timeAt });
  }
  return { rows: points, columns };
}
