/** What the first layer sees of each point, in blocks that the GPU can take. */
import type { DsvtConfig, VfeConfig } from "./config.ts";
import type { PointRows } from "./point_rows.ts";
import type { Voxels } from "./voxelise.ts";

/** Points of some cells, all points of each. */
export interface PointBlock {
  /** Number of the first cell. */
  readonly firstVoxel: number;
  /** Cells. */
  readonly voxels: number;
  /** `[rows, width]`, point after point; what lies behind the last point has no meaning. */
  readonly features: Float32Array<ArrayBuffer>;
  /** `[cells + 1]` where each cell's points start; cells behind the last one have none. */
  readonly starts: Uint32Array<ArrayBuffer>;
  /** `[rows]` the cell of each point, numbered from the first one of the block. */
  readonly owners: Uint32Array<ArrayBuffer>;
}

/** Extents of the blocks. */
export interface BlockExtents {
  /** Most points of a block. */
  readonly rows: number;
  /** Most cells of a block. */
  readonly voxels: number;
}

/** A cell with more distinct points than a block can take. */
export class CrowdedCellError extends Error {
  /** Stable code for programs. */
  readonly code = "CROWDED_CELL";
  /** Name of the class, for messages. */
  override readonly name = "CrowdedCellError";
}

/**
 * Number of values that a point has in the network.
 *
 * @param config Which ones there are.
 * @param features Values beside the position.
 * @returns Their number.
 */
export function pointWidth(
  config: Pick<VfeConfig, "absolutePosition" | "distance">,
  features: number,
): number {
  return (config.absolutePosition ? 3 : 0) + features + 6 + (config.distance ? 1 : 0);
}

/**
 * The features of points in their cells: position, what the scan says beside it, distance from the
 * mean of the cell's points, distance from the centre of the cell, distance from the origin. Rows are
 * padded with zeros to a multiple of four.
 *
 * @param rows The points.
 * @param voxels Their cells.
 * @param config Grid and features.
 * @param extents Of the blocks.
 * @returns Blocks one after the other; their arrays are reused.
 * @throws {CrowdedCellError} If a cell has more distinct points than a block.
 */
export function* pointBlocks(
  rows: PointRows,
  voxels: Voxels,
  config: Pick<DsvtConfig, "range" | "voxelSize" | "vfe">,
  extents: BlockExtents,
): Generator<PointBlock> {
  const { positions } = rows;
  const own = positions.length === 0 ? 0 : 3 * rows.features.length / positions.length;
  const width = Math.ceil(pointWidth(config.vfe, own) / 4) * 4;
  const features = new Float32Array(extents.rows * width);
  const starts = new Uint32Array(extents.voxels + 1);
  const owners = new Uint32Array(extents.rows);
  const write = featureWriter(rows, voxels, config, own);
  let voxel = 0;
  while (voxel < voxels.count) {
    const firstVoxel = voxel;
    let filled = 0;
    while (voxel < voxels.count && voxel - firstVoxel < extents.voxels) {
      const members = membersOf(rows, voxels, voxel, extents.rows);
      if (filled + members.length > extents.rows) break;
      starts[voxel - firstVoxel] = filled;
      owners.fill(voxel - firstVoxel, filled, filled + members.length);
      write(voxel, members, features, filled * width, width);
      filled += members.length;
      voxel++;
    }
    starts.fill(filled, voxel - firstVoxel);
    yield { firstVoxel, voxels: voxel - firstVoxel, features, starts, owners };
  }
}

/**
 * The points of a cell. Repeated ones, such as returns without a distance, which all lie in the
 * origin, change no maximum and are left out where a block could not hold them.
 */
function membersOf(
  rows: PointRows,
  { points, starts, coords }: Voxels,
  voxel: number,
  most: number,
): Uint32Array {
  const members = points.subarray(starts[voxel], starts[voxel + 1]);
  if (members.length <= most) return members;
  const width = 3 * rows.features.length / rows.positions.length;
  const distinct = new Map<string, number>();
  for (const point of members) {
    const position = rows.positions.subarray(3 * point, 3 * point + 3);
    const values = rows.features.subarray(width * point, width * (point + 1));
    const key = `${position} ${values}`;
    if (!distinct.has(key)) distinct.set(key, point);
  }
  if (distinct.size <= most) return Uint32Array.from(distinct.values());
  const [, z, y, x] = coords.subarray(4 * voxel, 4 * voxel + 4);
  throw new CrowdedCellError(
    `Cannot look at the scan: cell ${x}, ${y}, ${z} has ${distinct.size} different points, at ` +
      `most ${most} fit. Give fewer sweeps, or points that are farther apart.`,
  );
}

function featureWriter(
  { positions, features }: PointRows,
  { coords, points, starts }: Voxels,
  { range, voxelSize, vfe }: Pick<DsvtConfig, "range" | "voxelSize" | "vfe">,
  own: number,
) {
  const [sizeX, sizeY, sizeZ] = voxelSize;
  const [firstX, firstY, firstZ] = voxelSize.map((size, axis) =>
    size / 2 + (range.min[axis] ?? 0)
  ) as [number, number, number];
  return (
    voxel: number,
    members: Uint32Array,
    target: Float32Array,
    from: number,
    width: number,
  ): void => {
    const first = starts[voxel] ?? 0;
    const end = starts[voxel + 1] ?? 0;
    let [meanX, meanY, meanZ] = [0, 0, 0];
    for (let at = first; at < end; at++) {
      const point = 3 * (points[at] ?? 0);
      meanX += positions[point] ?? 0;
      meanY += positions[point + 1] ?? 0;
      meanZ += positions[point + 2] ?? 0;
    }
    meanX /= end - first;
    meanY /= end - first;
    meanZ /= end - first;
    const centreX = (coords[4 * voxel + 3] ?? 0) * sizeX + firstX;
    const centreY = (coords[4 * voxel + 2] ?? 0) * sizeY + firstY;
    const centreZ = (coords[4 * voxel + 1] ?? 0) * sizeZ + firstZ;
    let row = from;
    for (const point of members) {
      const x = positions[3 * point] ?? 0;
      const y = positions[3 * point + 1] ?? 0;
      const z = positions[3 * point + 2] ?? 0;
      let at = row;
      if (vfe.absolutePosition) {
        target[at++] = x;
        target[at++] = y;
        target[at++] = z;
      }
      for (let c = 0; c < own; c++) target[at++] = features[point * own + c] ?? 0;
      target[at++] = x - meanX;
      target[at++] = y - meanY;
      target[at++] = z - meanZ;
      target[at++] = x - centreX;
      target[at++] = y - centreY;
      target[at++] = z - centreZ;
      if (vfe.distance) target[at++] = Math.sqrt(x * x + y * y + z * z);
      row += width;
    }
  };
}
