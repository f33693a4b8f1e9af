/** `DSVTInputLayer`: windows, sets of at most so many voxels, and how voxels become one. */
import type { StageConfig, Xyz } from "./config.ts";
import { stageGrids } from "./grid.ts";
import { sortedOrder } from "./radix_sort.ts";

/** Sets of the windows of one shift, as stretches of two orders of the voxels. */
export interface SetPartition {
  /** For each voxel the number of its window. */
  readonly windows: Uint32Array<ArrayBuffer>;
  /** For each voxel its place in the window, `(z · height + y) · width + x`. */
  readonly places: Uint32Array<ArrayBuffer>;
  /** Numbers of the voxels by window, and in it by y, x, z (first) or by x, y, z (second). */
  readonly orders: readonly [y: Uint32Array<ArrayBuffer>, x: Uint32Array<ArrayBuffer>];
  /** Where each set starts in both orders; one entry more than sets. */
  readonly starts: Uint32Array<ArrayBuffer>;
}

/** How the voxels of a stage become those of the next one. */
export interface Pooling {
  /** For each voxel the number of the one that it becomes a part of. */
  readonly parents: Uint32Array<ArrayBuffer>;
  /** For each voxel its place in it, `(x · depth + y) · height + z` of the stride. */
  readonly slots: Uint32Array<ArrayBuffer>;
}

/** A stage's voxels. */
export interface StageInput {
  /** Rows of scan, z, y, x. */
  readonly coords: Int32Array<ArrayBuffer>;
  /** Sets of the windows of even and of odd blocks. */
  readonly shifts: readonly [SetPartition, SetPartition];
  /** The way to the next stage; absent in the last one. */
  readonly pooling?: Pooling;
}

/** What decides the partition. */
export interface InputLayerConfig {
  /** Stages. */
  readonly stages: readonly Pick<StageConfig, "window" | "shifts" | "setSize" | "stride">[];
  /** Windows of odd blocks are this many times as large. */
  readonly hybridFactor: Xyz;
}

/**
 * Cells of the windows of a shift.
 *
 * @param stage The stage.
 * @param hybridFactor How many times larger the windows of odd blocks are.
 * @param shift 0 for even blocks, 1 for odd ones.
 * @returns Extents along x, y and z.
 */
export function windowOf(
  { window }: Pick<StageConfig, "window">,
  hybridFactor: Xyz,
  shift: number,
): Xyz {
  if (shift === 0) return window;
  return [
    window[0] * hybridFactor[0],
    window[1] * hybridFactor[1],
    window[2] * hybridFactor[2],
  ];
}

/**
 * Partitions the voxels of every stage.
 *
 * @param coords Rows of scan, z, y, x; no row twice.
 * @param config The stages.
 * @param grid Cells of the first stage.
 * @returns What each stage needs.
 */
export function inputLayer(
  coords: Int32Array<ArrayBuffer>,
  config: InputLayerConfig,
  grid: Xyz,
): StageInput[] {
  const grids = stageGrids(config, grid);
  let current = coords;
  return config.stages.map((stage, index) => {
    const extents = grids[index] ?? grid;
    const partition = (shift: 0 | 1) =>
      partitionSets(current, extents, {
        window: windowOf(stage, config.hybridFactor, shift),
        shift: stage.shifts[shift],
        setSize: stage.setSize,
      });
    const own = { coords: current, shifts: [partition(0), partition(1)] as const };
    if (!stage.stride) return own;
    const { coords: next, ...pooling } = pool(current, extents, stage.stride);
    current = next;
    return { ...own, pooling };
  });
}

interface PartitionRules {
  readonly window: Xyz;
  readonly shift: Xyz;
  readonly setSize: number;
}

function partitionSets(
  coords: Int32Array,
  grid: Xyz,
  { window, shift, setSize }: PartitionRules,
): SetPartition {
  const count = coords.length / 4;
  const [wx, wy, wz] = window;
  const [nx, ny, nz] = grid.map((extent, axis) => Math.ceil(extent / (window[axis] ?? 1)) + 1) as [
    number,
    number,
    number,
  ];
  // Windows as high as the grid are not moved along z.
  const [sx, sy, sz] = [shift[0], shift[1], grid[2] === wz ? 0 : shift[2]];
  const windows = new Uint32Array(count);
  const places = new Uint32Array(count);
  const [byY, byX] = [new Uint32Array(count), new Uint32Array(count)];
  let scans = 1;
  for (let voxel = 0; voxel < count; voxel++) {
    const scan = coords[4 * voxel] ?? 0;
    const z = (coords[4 * voxel + 1] ?? 0) + sz;
    const y = (coords[4 * voxel + 2] ?? 0) + sy;
    const x = (coords[4 * voxel + 3] ?? 0) + sx;
    const ix = x % wx;
    const iy = y % wy;
    const iz = z % wz;
    const id = ((scan * nx + (x - ix) / wx) * ny + (y - iy) / wy) * nz + (z - iz) / wz;
    if (scan >= scans) scans = scan + 1;
    windows[voxel] = id;
    places[voxel] = (iz * wy + iy) * wx + ix;
    byY[voxel] = ((id * wy + iy) * wx + ix) * wz + iz;
    byX[voxel] = ((id * wx + ix) * wy + iy) * wz + iz;
  }
  const end = scans * nx * ny * nz * wx * wy * wz;
  const orders = [sortedOrder(byY, end), sortedOrder(byX, end)] as const;
  return { windows, places, orders, starts: setStarts(orders[0], windows, setSize) };
}

/**
 * A window of n voxels has ⌈n / size⌉ sets, and set s the voxels from rank ⌊s n / sets⌋ on. The
 * official code fills every set up to its size by repeating voxels and hides the repetitions; the
 * voxels that are not hidden are these.
 */
function setStarts(
  order: Uint32Array,
  windows: Uint32Array,
  setSize: number,
): Uint32Array<ArrayBuffer> {
  const starts: number[] = [];
  let first = 0;
  while (first < order.length) {
    const window = windows[order[first] ?? 0];
    let end = first + 1;
    while (end < order.length && windows[order[end] ?? 0] === window) end++;
    const sets = Math.ceil((end - first) / setSize);
    for (let set = 0; set < sets; set++) {
      starts.push(first + Math.floor(set * (end - first) / sets));
    }
    first = end;
  }
  starts.push(order.length);
  return Uint32Array.from(starts);
}

/** Voxels of the next stage, in order of scan, x, y, z. */
function pool(
  coords: Int32Array,
  grid: Xyz,
  [dx, dy, dz]: Xyz,
): Pooling & { readonly coords: Int32Array<ArrayBuffer> } {
  const count = coords.length / 4;
  const [nx, ny, nz] = [grid[0] / dx, grid[1] / dy, grid[2] / dz].map(Math.ceil) as [
    number,
    number,
    number,
  ];
  const keys = new Uint32Array(count);
  const slots = new Uint32Array(count);
  let scans = 1;
  for (let voxel = 0; voxel < count; voxel++) {
    const scan = coords[4 * voxel] ?? 0;
    const z = coords[4 * voxel + 1] ?? 0;
    const y = coords[4 * voxel + 2] ?? 0;
    const x = coords[4 * voxel + 3] ?? 0;
    const ix = x % dx;
    const iy = y % dy;
    const iz = z % dz;
    if (scan >= scans) scans = scan + 1;
    keys[voxel] = ((scan * nx + (x - ix) / dx) * ny + (y - iy) / dy) * nz + (z - iz) / dz;
    slots[voxel] = (ix * dy + iy) * dz + iz;
  }
  const order = sortedOrder(keys, scans * nx * ny * nz);
  const parents = new Uint32Array(count);
  const found = new Int32Array(4 * count);
  let parent = -1;
  let last = -1;
  for (let at = 0; at < count; at++) {
    const voxel = order[at] ?? 0;
    const key = keys[voxel] ?? 0;
    if (key !== last) {
      const column = Math.floor(key / nz);
      const plane = Math.floor(column / ny);
      parent++;
      found[4 * parent] = Math.floor(plane / nx);
      found[4 * parent + 1] = key % nz;
      found[4 * parent + 2] = column % ny;
      found[4 * parent + 3] = plane % nx;
      last = key;
    }
    parents[voxel] = parent;
  }
  return { parents, slots, coords: found.slice(0, 4 * (parent + 1)) };
}
