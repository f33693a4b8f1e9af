/** From points to occupied cells, in the arithmetic of the official code: 32-bit floats, cells by floor. */
import type { DsvtConfig, Xyz } from "./config.ts";
import { gridOf } from "./grid.ts";
import { sortedOrder } from "./radix_sort.ts";

/** Points of one or several scans. */
export interface PointRows {
  /** x, y, z of the first point, then of the second, and so on. */
  readonly positions: Float32Array;
  /** Values beside the position, point by point. */
  readonly features: Float32Array;
  /** For each point which scan it is of; all of the first one when absent. */
  readonly scans?: Uint32Array;
}

/** What decides which cell a point is in. */
export type CellConfig = Pick<DsvtConfig, "range" | "voxelSize"> & {
  /** Points of any height belong to a column, or only those of the grid's height. */
  readonly cells: "pillar" | "voxel";
};

/** Occupied cells and their points. */
export interface Voxels {
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
  const { keys, members, keyEnd } = cellKeys(rows, config);
  const order = sortedOrder(keys, keyEnd);
  const points = order.map((at) => members[at] ?? 0);
  let count = 0;
  const starts = new Uint32Array(order.length + 1);
  const cellKeysInOrder = new Uint32Array(order.length);
  let last = -1;
  for (let at = 0; at < order.length; at++) {
    const key = keys[order[at] ?? 0] ?? 0;
    if (key === last) continue;
    last = key;
    cellKeysInOrder[count] = key;
    starts[count++] = at;
  }
  starts[count] = order.length;
  const [nx, ny, nz] = heightened(gridOf(config), config.cells);
  const coords = new Int32Array(4 * count);
  for (let cell = 0; cell < count; cell++) {
    const key = cellKeysInOrder[cell] ?? 0;
    const column = Math.floor(key / nz);
    const plane = Math.floor(column / ny);
    coords[4 * cell] = Math.floor(plane / nx);
    coords[4 * cell + 1] = key % nz;
    coords[4 * cell + 2] = column % ny;
    coords[4 * cell + 3] = plane % nx;
  }
  return { count, coords, points, starts: starts.slice(0, count + 1) };
}

/** Columns have one cell along z. */
function heightened(grid: Xyz, cells: CellConfig["cells"]): Xyz {
  return cells === "pillar" ? [grid[0], grid[1], 1] : grid;
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
  const count = positions.length / 3;
  const keys = new Uint32Array(count);
  const members = new Uint32Array(count);
  const anyHeight = cells === "pillar";
  let [kept, scanEnd] = [0, 1];
  for (let point = 0; point < count; point++) {
    const x = Math.floor(
      Math.fround(Math.fround((positions[3 * point] ?? 0) - minX) / sizeX),
    );
    const y = Math.floor(
      Math.fround(Math.fround((positions[3 * point + 1] ?? 0) - minY) / sizeY),
    );
    // Conditions that NaN fails.
    if (!(x >= 0 && x < nx && y >= 0 && y < ny)) continue;
    let z = 0;
    if (!anyHeight) {
      z = Math.floor(Math.fround(Math.fround((positions[3 * point + 2] ?? 0) - minZ) / sizeZ));
      if (!(z >= 0 && z < nz)) continue;
    }
    const scan = scans?.[point] ?? 0;
    scanEnd = Math.max(scanEnd, scan + 1);
    keys[kept] = ((scan * nx + x) * ny + y) * nz + z;
    members[kept++] = point;
  }
  return {
    keys: keys.subarray(0, kept),
    members: members.subarray(0, kept),
    keyEnd: scanEnd * nx * ny * nz,
  };
}
