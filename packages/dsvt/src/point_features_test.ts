import assert from "node:assert/strict";
import type { VfeConfig } from "./config.ts";
import { CrowdedCellError, pointBlocks, pointWidth } from "./point_features.ts";
import { voxelise } from "./voxelise.ts";

const VFE: VfeConfig = {
  cells: "pillar",
  filters: [8, 8],
  absolutePosition: true,
  distance: true,
  norm: true,
};
const CONFIG = {
  range: { min: [0, 0, -2], max: [4, 4, 2] },
  voxelSize: [1, 1, 4],
  vfe: VFE,
} as const;
const CELLS = { ...CONFIG, cells: VFE.cells };

Deno.test("a point's features are its own, then distances from mean, centre and origin", () => {
  const rows = {
    positions: Float32Array.of(1.25, 2.5, 1, 1.75, 2.5, 0),
    features: Float32Array.of(7, 8),
  };
  const voxels = voxelise(rows, CELLS);
  const [block] = pointBlocks(rows, voxels, CONFIG, { rows: 4, voxels: 2 });
  assert.equal(pointWidth(VFE, 1), 11);
  assert.deepEqual([...block?.features.slice(0, 10) ?? []], [
    ...[1.25, 2.5, 1, 7],
    ...[-0.25, 0, 0.5],
    ...[-0.25, 0, 1],
  ]);
  assert.equal(block?.features[10], Math.fround(Math.hypot(1.25, 2.5, 1)));
  assert.equal(block?.features[11], 0);
  assert.equal(block?.features[15], 8);
});

Deno.test("blocks hold whole cells, as many as fit", () => {
  const counts = [3, 1, 2, 4, 1, 1, 1];
  const positions = counts.flatMap((count, cell) =>
    Array.from({ length: count }, (_, at) => [cell >> 2, cell % 4 + 0.1 * at, 0]).flat()
  );
  const rows = { positions: Float32Array.from(positions), features: new Float32Array(0) };
  const voxels = voxelise(rows, CELLS);
  const blocks = Array.from(
    pointBlocks(rows, voxels, CONFIG, { rows: 4, voxels: 2 }),
    ({ firstVoxel, voxels, starts, owners }) => ({
      firstVoxel,
      voxels,
      starts: [...starts],
      owners: [...owners.slice(0, starts.at(-1))],
    }),
  );
  assert.deepEqual(blocks, [
    { firstVoxel: 0, voxels: 2, starts: [0, 3, 4], owners: [0, 0, 0, 1] },
    { firstVoxel: 2, voxels: 1, starts: [0, 2, 2], owners: [0, 0] },
    { firstVoxel: 3, voxels: 1, starts: [0, 4, 4], owners: [0, 0, 0, 0] },
    { firstVoxel: 4, voxels: 2, starts: [0, 1, 2], owners: [0, 1] },
    { firstVoxel: 6, voxels: 1, starts: [0, 1, 1], owners: [0] },
  ]);
});

Deno.test("repeated points of a crowded cell are left out, distinct ones are refused", () => {
  const repeated = {
    positions: Float32Array.from({ length: 30 }, (_, at) => at % 3 === 0 ? 0.5 : at < 27 ? 0 : 0.2),
    features: new Float32Array(0),
  };
  const extents = { rows: 4, voxels: 2 };
  const blocks = Array.from(
    pointBlocks(repeated, voxelise(repeated, CELLS), CONFIG, extents),
    ({ starts, features }) => [...starts.slice(0, 2), features[3]],
  );
  // The mean counts every point.
  assert.deepEqual(blocks, [[0, 2, 0]]);
  const distinct = {
    positions: Float32Array.from({ length: 30 }, (_, at) => at / 40),
    features: new Float32Array(0),
  };
  assert.throws(
    () => [...pointBlocks(distinct, voxelise(distinct, CELLS), CONFIG, extents)],
    (error) =>
      error instanceof CrowdedCellError && /cell 0, 0, 0 has 10 .* at most 4/.test(error.message),
  );
});
