/** What follows from range and voxel size: the grid, and that of each stage. */
import type { DsvtConfig, StageConfig, Xyz } from "./config.ts";

/** Applies a function to each axis. */
function perAxis(value: (axis: 0 | 1 | 2) => number): Xyz {
  return [value(0), value(1), value(2)];
}

/**
 * Cells along each axis.
 *
 * @param config Range and size of a voxel.
 * @returns Extents along x, y and z.
 *
 * @example
 * ```ts
 * import { CONFIGURATIONS, gridOf } from "@vicinity/dsvt";
 * import assert from "node:assert/strict";
 *
 * const config = CONFIGURATIONS["dsvt-waymo-voxel"];
 * assert.deepEqual(config && gridOf(config), [468, 468, 32]);
 * ```
 */
export function gridOf({ range, voxelSize }: Pick<DsvtConfig, "range" | "voxelSize">): Xyz {
  return perAxis((axis) => Math.round((range.max[axis] - range.min[axis]) / voxelSize[axis]));
}

/**
 * Cells along each axis in every stage.
 *
 * @param config The stages.
 * @param grid Cells in the first one.
 * @returns Extents of each stage.
 */
export function stageGrids(
  { stages }: { readonly stages: readonly Pick<StageConfig, "stride">[] },
  grid: Xyz,
): Xyz[] {
  const grids: Xyz[] = [];
  let current = grid;
  for (const { stride } of stages) {
    grids.push(current);
    if (stride) {
      const before = current;
      current = perAxis((axis) => Math.ceil(before[axis] / stride[axis]));
    }
  }
  return grids;
}
