import assert from "node:assert/strict";
import { type CellConfig, voxelise } from "./voxelise.ts";

const CONFIG: CellConfig = {
  range: { min: [-1, -2, -1], max: [1, 2, 1] },
  voxelSize: [0.5, 1, 1],
  cells: "voxel",
};

const rows = (...points: readonly (readonly number[])[]) => ({
  positions: Float32Array.from(points.flat()),
  features: new Float32Array(0),
});

Deno.test("cells ascend by x, y, z and hold their points in the order given", () => {
  const { count, coords, points, starts } = voxelise(
    rows([0.6, 0, 0], [-1, -2, -1], [0.7, 0.9, 0.1], [-0.9, -2, 0], [0.6, -1.5, 0]),
    CONFIG,
  );
  assert.equal(count, 4);
  assert.deepEqual([...coords], [0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 3, 0, 1, 2, 3]);
  assert.deepEqual([...points], [1, 3, 4, 0, 2]);
  assert.deepEqual([...starts], [0, 1, 2, 3, 5]);
});

Deno.test("the upper ends of the range are outside of all cells, and so is what is no number", () => {
  const points = rows([1, 0, 0], [0, 2, 0], [0, 0, 1], [NaN, 0, 0], [0, Infinity, 0], [0, 0, NaN]);
  assert.equal(voxelise(points, CONFIG).count, 0);
  const { count, coords } = voxelise(points, { ...CONFIG, cells: "pillar" });
  assert.equal(count, 1);
  assert.deepEqual([...coords], [0, 0, 2, 2]);
});

Deno.test("points on edges fall to the side of 32-bit arithmetic", () => {
  const config: CellConfig = {
    range: { min: [-74.88, -74.88, -2], max: [74.88, 74.88, 4] },
    voxelSize: [0.32, 0.32, 6],
    cells: "voxel",
  };
  const size = Math.fround(0.32);
  for (let cell = 0; cell < 468; cell++) {
    const x = Math.fround(Math.fround(-74.88) + Math.fround(cell * size));
    const expected = Math.floor(Math.fround(Math.fround(x - Math.fround(-74.88)) / size));
    const { coords } = voxelise(rows([x, 0, 0]), config);
    assert.equal(coords[3], expected, `edge ${cell}`);
  }
});

Deno.test("scans of a batch are apart", () => {
  const points = rows([0, 0, 0], [0, 0, 0], [-1, 0, 0]);
  const { coords, points: order } = voxelise({ ...points, scans: Uint32Array.of(1, 0, 1) }, CONFIG);
  assert.deepEqual([...coords], [0, 1, 2, 2, 1, 1, 2, 0, 1, 1, 2, 2]);
  assert.deepEqual([...order], [1, 2, 0]);
});

Deno.test("a mask leaves out what is beyond the range, but not its ends, z only where it counts", () => {
  // The last cell along x reaches beyond the range, to 1.02.
  const wide: CellConfig = { ...CONFIG, voxelSize: [1.01, 2, 1], cells: "pillar" };
  const points = rows(
    ...[[1, 1, 5], [-1, -2, 1], [1.01, 0, 0], [NaN, 0, 0], [0, 0, NaN], [0, 0, Infinity]],
  );
  const kept = (mask?: "xy" | "xyz") =>
    [...voxelise(points, mask ? { ...wide, mask } : wide).points].sort();
  assert.deepEqual(kept(), [0, 1, 2, 4, 5]);
  assert.deepEqual(kept("xy"), [0, 1]);
  assert.deepEqual(kept("xyz"), [1]);
  // A point on the far end is in range, and in a narrower grid in no cell.
  const narrow: CellConfig = { ...CONFIG, cells: "pillar", mask: "xy" };
  const end = voxelise(rows([narrow.range.max[0], 0, 0]), narrow);
  assert.deepEqual([end.inRange, end.count], [1, 0]);
});
