/** From points to occupied cells, in the arithmetic of the official code: 32-bit floats, cells by floor. */
import type { DsvtConfig, Xyz } from "./config.ts";
import { gridOf } from "./grid.ts";
import type { PointRows } from "./point_rows.ts";
import { sortedOrder } from "./radix_sort.ts";

/** What decides which cell a point is in. */
export type CellConfig = Pick<DsvtConfig, "range" | "voxelSize"> & {
  /** Points of any height belong to a column, or only those of the grid's height. */
  readonly cells: "pillar" | "voxel";
  /**
   * Axes along which points beyond the range are left out first; both ends are inside, as in the
   * official code. Points without a finite position are out then. Without it the cells alone decide.
   */
  readonly mask?: "xy" | "xyz";
};

/** Occupied cells and their points. */
export interface Voxels {
  /** Number of points that the mask leaves, in a cell or not. */
  readonly inRange: number;
  /** Number of cells. */
  readonly count: number;
  /** Rows of scan, z, y, x; rows ascend by scan, x, y, z. */
  readonly coords: Int32Array<ArrayBuffer>;
  /** Numbers of the points that are in cells, cell by cell, each cell's in the order given. */
  readonly points: Uint32Array<ArrayBuffer>;
  /** Where each cell's points start in `points`; one entry more than cells. */
  readonly starts: Uint32Array<ArrayBuffer>;
}

/**
 * Finds the occupied cells.
 *
 * @param rows The points.
 * @param config Grid.
 * @returns Cells and their points; none where no point is inside.
 */
export function voxelise(rows: PointRows, config: CellConfig): Voxels {
  const { keys, members, keyEnd, inRange } = cellKeys(rows, config);
  const points = sortedOrder(keys, keyEnd, members);
  const starts = cellStarts(keys, points);
  const count = starts.length - 1;
  const [nx, ny, nz] = heightened(gridOf(config), config.cells);
  const coords = new Int32Array(4 * count);
  for (let cell = 0; cell < count; cell++) {
    const key = keys[points[starts[cell] ?? 0] ?? 0] ?? 0;
    const column = Math.floor(key / nz);
    const plane = Math.floor(column / ny);
    coords[4 * cell] = Math.floor(plane / nx);
    coords[4 * cell + 1] = key % nz;
    coords[4 * cell + 2] = column % ny;
    coords[4 * cell + 3] = plane % nx;
  }
  return { inRange, count, coords, points, starts };
}

/** Where the points of each cell start in sorted order, and where the last one's end. */
function cellStarts(keys: Uint32Array, points: Uint32Array): Uint32Array<ArrayBuffer> {
  let [count, last] = [0, -1];
  for (let at = 0; at < points.length; at++) {
    const key = keys[points[at] ?? 0] ?? 0;
    if (key !== last) count++;
    last = key;
  }
  const starts = new Uint32Array(count + 1);
  [count, last] = [0, -1];
  for (let at = 0; at < points.length; at++) {
    const key = keys[points[at] ?? 0] ?? 0;
    if (key !== last) starts[count++] = at;
    last = key;
  }
  starts[count] = points.length;
  return starts;
}

/** Columns have one cell along z. */
function heightened(grid: Xyz, cells: CellConfig["cells"]): Xyz {
  return cells === "pillar" ? [grid[0], grid[1], 1] : grid;
}

/** The least and the greatest coordinates of points that are looked at. */
function maskOf({ mask, range: { min, max } }: CellConfig): readonly [least: Xyz, most: Xyz] {
  if (mask === undefined) {
    return [[-Infinity, -Infinity, -Infinity], [Infinity, Infinity, Infinity]];
  }
  const [minX, minY, minZ] = min.map(Math.fround) as [number, number, number];
  const [maxX, maxY, maxZ] = max.map(Math.fround) as [number, number, number];
  if (mask === "xyz") return [[minX, minY, minZ], [maxX, maxY, maxZ]];
  return [[minX, minY, -Number.MAX_VALUE], [maxX, maxY, Number.MAX_VALUE]];
}

/**
 * The cell of every point that is in one. Differences and quotients are rounded to 32 bits after each
 * step, so that points on the edge of a cell fall to the side where PyTorch puts them.
 */
function cellKeys({ positions, scans }: PointRows, config: CellConfig) {
  const { cells, range, voxelSize } = config;
  const [nx, ny, nz] = heightened(gridOf(config), cells);
  const [minX, minY, minZ] = range.min.map(Math.fround) as [number, number, number];
  const [sizeX, sizeY, sizeZ] = voxelSize.map(Math.fround) as [number, number, number];
  const [least, most] = maskOf(config);
  const count = Math.floor(positions.length / 3);
  const keys = new Uint32Array(count);
  const members = new Uint32Array(count);
  const anyHeight = cells === "pillar";
  const isMasked = config.mask !== undefined;
  let [inRange, kept, scanEnd] = [0, 0, 1];
  for (let point = 0; point < count; point++) {
    const px = positions[3 * point] ?? 0;
    const py = positions[3 * point + 1] ?? 0;
    const pz = positions[3 * point + 2] ?? 0;
    // Conditions that NaN fails.
    if (!(px >= least[0] && px <= most[0] && py >= least[1] && py <= most[1])) continue;
    if (isMasked && !(pz >= least[2] && pz <= most[2])) continue;
    inRange++;
    const x = Math.floor(Math.fround(Math.fround(px - minX) / sizeX));
    const y = Math.floor(Math.fround(Math.fround(py - minY) / sizeY));
    if (!(x >= 0 && x < nx && y >= 0 && y < ny)) continue;
    let z = 0;
    if (!anyHeight) {
      z = Math.floor(Math.fround(Math.fround(pz - minZ) / sizeZ));
      if (!(z >= 0 && z < nz)) continue;
    }
    const scan = scans?.[point] ?? 0;
    scanEnd = Math.max(scanEnd, scan + 1);
    keys[point] = ((scan * nx + x) * ny + y) * nz + z;
    members[kept++] = point;
  }
  return { keys, members: members.subarray(0, kept), keyEnd: scanEnd * nx * ny * nz, inRange };
}
