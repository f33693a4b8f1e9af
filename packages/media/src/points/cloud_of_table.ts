import { type MediaWarning, PointsLayoutError } from "../errors.ts";
import type { PointFile } from "./point_file.ts";
import type { PointBounds, PointCloud } from "./point_cloud.ts";
import { columnOf, type PointRole } from "./point_roles.ts";
import { type PointColumn, type PointTable, readColumn } from "./point_table.ts";

/**
 * Rows that are converted at a time, so that double precision takes little memory: a fresh page costs
 * more than what is written to it.
 */
const BLOCK = 2048;

/** Single precision holds coordinates up to here, in metres, to half a millimetre. */
const FAR = 8192;

/** Numbers from here on are infinite in single precision. */
const LARGEST = 2 ** 128;

/** Times beyond this, in seconds, are absolute. */
const LATE = 1e4;

/** Coordinates beyond this are no metres. */
const FARTHEST = 1e6;

type Triple = [number, number, number];

interface Placed {
  /** 1 for every row whose coordinates are finite. */
  readonly kept: Uint8Array;
  /** How many those are. */
  readonly finite: number;
  /** Their extent before the origin is off. */
  readonly bounds: PointBounds | undefined;
}

/** Converts a table's axes block by block. */
function forBlocks(
  rows: number,
  axes: readonly PointColumn[],
  action: (blocks: readonly Float64Array[], first: number, count: number) => void,
): void {
  const blocks = axes.map(() => new Float64Array(Math.min(rows, BLOCK)));
  for (let first = 0; first < rows; first += BLOCK) {
    const count = Math.min(BLOCK, rows - first);
    axes.forEach((column, axis) => {
      const block = blocks[axis];
      if (block !== undefined) readColumn(column, first, count, block);
    });
    action(blocks, first, count);
  }
}

/**
 * Puts the points less an origin into rows of x, y, z; their extent is found on the way, since every
 * look at a column costs.
 */
function place(
  positions: Float32Array<ArrayBuffer>,
  axes: readonly PointColumn[],
  [x0, y0, z0]: Triple,
): Placed {
  const rows = positions.length / 3;
  const kept = new Uint8Array(rows);
  let [minX, minY, minZ] = [Infinity, Infinity, Infinity];
  let [maxX, maxY, maxZ] = [-Infinity, -Infinity, -Infinity];
  let at = 0;
  forBlocks(rows, axes, ([xs, ys, zs], first, count) => {
    if (xs === undefined || ys === undefined || zs === undefined) return;
    for (let row = 0; row < count; row++) {
      const x = xs[row] ?? NaN;
      const y = ys[row] ?? NaN;
      const z = zs[row] ?? NaN;
      if (!(Math.abs(x) + Math.abs(y) + Math.abs(z) < LARGEST)) continue;
      kept[first + row] = 1;
      positions[at++] = x - x0;
      positions[at++] = y - y0;
      positions[at++] = z - z0;
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
      if (z < minZ) minZ = z;
      if (z > maxZ) maxZ = z;
    }
  });
  return {
    kept,
    finite: at / 3,
    bounds: at === 0 ? undefined : { min: [minX, minY, minZ], max: [maxX, maxY, maxZ] },
  };
}

/** Whole numbers to subtract: the middle of axes that single precision would blur. */
function originOf(axes: readonly PointColumn[], bounds: PointBounds | undefined): Triple {
  const middle = (axis: 0 | 1 | 2): number => {
    if (bounds === undefined || axes[axis]?.type === "float32") return 0;
    const [low, high] = [bounds.min[axis], bounds.max[axis]];
    return Math.max(-low, high) <= FAR ? 0 : Math.round(low / 2 + high / 2);
  };
  return [middle(0), middle(1), middle(2)];
}

interface Feature {
  readonly values: Float32Array<ArrayBuffer>;
  readonly origin: number;
  readonly range: readonly [number, number] | undefined;
  /** Numbers that are not finite and became 0. */
  readonly filled: number;
}

function featureOf(
  rows: number,
  column: PointColumn,
  { finite, kept, relative }: { finite: number; kept: Uint8Array; relative: boolean },
): Feature {
  const values = new Float32Array(finite);
  let [min, max, filled] = [Infinity, -Infinity, 0];
  const fill = (origin: number): void => {
    let at = 0;
    filled = 0;
    forBlocks(rows, [column], ([block], first, count) => {
      for (let row = 0; row < count; row++) {
        if (kept[first + row] === 0) continue;
        const value = block?.[row] ?? 0;
        if (Math.abs(value) < LARGEST) {
          values[at] = value - origin;
          if (value < min) min = value;
          if (value > max) max = value;
        } else {
          values[at] = 0;
          filled++;
        }
        at++;
      }
    });
  };
  fill(0);
  const origin = relative && Math.max(-min, max) > LATE ? min : 0;
  // Again, since the difference has to be taken in double precision.
  if (origin !== 0) fill(origin);
  return { values, origin, range: max < min ? undefined : [min, max], filled };
}

function coordinateColumns(file: PointFile, table: PointTable): PointColumn[] {
  return (["x", "y", "z"] as const).map((axis) => {
    const column = columnOf(table.columns, axis);
    if (column !== undefined) return column;
    const names = table.columns.map(({ name }) => name).join(", ");
    throw new PointsLayoutError(
      `Cannot read ${file.name} as points: it has no column ${axis}, only ${names || "none"}.`,
      "Name its coordinates x, y and z.",
    );
  });
}

/**
 * Turns columns into points: those with a coordinate that is not finite are dropped, large offsets
 * are taken off in double precision, features that are not finite become 0.
 *
 * @param file The file, for messages.
 * @param table Its columns.
 * @param wanted What to subtract from the coordinates; found out if absent.
 * @returns The points and what was found out.
 */
export function cloudOfTable(
  file: PointFile,
  table: PointTable,
  wanted?: readonly [x: number, y: number, z: number],
): PointCloud {
  const { rows } = table;
  const axes = coordinateColumns(file, table);
  const given: Triple = wanted === undefined ? [0, 0, 0] : [...wanted];
  const positions = new Float32Array(3 * rows);
  const { kept, finite, bounds } = place(positions, axes, given);
  const origin = wanted === undefined ? originOf(axes, bounds) : given;
  if (origin.some((value, axis) => value !== given[axis])) place(positions, axes, origin);
  const feature = (role: PointRole): Feature | undefined => {
    const column = columnOf(table.columns, role);
    return column && featureOf(rows, column, { finite, kept, relative: role === "time" });
  };
  const intensity = feature("intensity");
  const time = feature("time");
  const features = { intensity, time, elongation: feature("elongation"), ring: feature("ring") };
  return {
    positions: finite === rows ? positions : positions.slice(0, 3 * finite),
    intensity: intensity?.values,
    elongation: features.elongation?.values,
    time: time?.values,
    ring: features.ring?.values,
    noLabelZone: feature("noLabelZone")?.values,
    report: {
      format: table.format,
      fields: table.columns.map(({ name }) => name),
      rows,
      dropped: rows - finite,
      origin,
      bounds,
      intensityRange: intensity?.range,
      timeOrigin: time?.origin ?? 0,
      warnings: [...table.warnings, ...warningsOf(file, { bounds, origin, features })],
    },
  };
}

interface Findings {
  readonly bounds: PointBounds | undefined;
  readonly origin: Triple;
  readonly features: Readonly<Record<string, Feature | undefined>>;
}

function warningsOf(file: PointFile, { bounds, origin, features }: Findings): MediaWarning[] {
  const warnings: MediaWarning[] = [];
  const reach = bounds === undefined ? 0 : Math.max(
    ...bounds.min.map((low, axis) => Math.abs(low - (origin[axis] ?? 0))),
    ...bounds.max.map((high, axis) => Math.abs(high - (origin[axis] ?? 0))),
  );
  if (reach > FARTHEST) {
    warnings.push({
      code: "POINTS_FAR",
      message: `Coordinates of ${file.name} reach ${reach.toPrecision(3)} m: it is damaged or ` +
        "has other columns than assumed.",
    });
  }
  for (const [name, feature] of Object.entries(features)) {
    if (feature === undefined || feature.filled === 0) continue;
    warnings.push({
      code: "POINTS_FILLED",
      message: `${feature.filled} values of ${name} in ${file.name} are not finite and became 0.`,
    });
  }
  return warnings;
}
