import assert from "node:assert/strict";
import { inputLayer, type InputLayerConfig, type SetPartition } from "./input_layer.ts";
import { officialSets } from "./official_sets.ts";

const CONFIG: InputLayerConfig = {
  hybridFactor: [2, 1, 1],
  stages: [
    { window: [5, 4, 6], shifts: [[0, 0, 0], [2, 3, 0]], setSize: 7, stride: [2, 1, 3] },
    { window: [3, 3, 2], shifts: [[0, 0, 0], [1, 2, 0]], setSize: 5, stride: [1, 1, 2] },
    { window: [3, 3, 1], shifts: [[0, 0, 0], [1, 1, 0]], setSize: 4 },
  ],
};

const GRID = [17, 13, 6] as const;

/** Rows of scan, z, y, x in no order, none twice. */
function coordsOf(count: number): Int32Array<ArrayBuffer> {
  const cells = 2 * GRID[0] * GRID[1] * GRID[2];
  return Int32Array.from(
    Array.from({ length: count }, (_, at) => at * 1009 % cells).flatMap((cell) => [
      cell % 2,
      (cell >> 1) % GRID[2],
      Math.floor(cell / 2 / GRID[2]) % GRID[1],
      Math.floor(cell / 2 / GRID[2] / GRID[1]),
    ]),
  );
}

/** What is said of a partition, whatever its windows are. */
function checkPartition({ orders, starts, windows }: SetPartition, setSize: number, name: string) {
  const count = windows.length;
  for (const order of orders) {
    assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: count }, (_, i) => i));
    for (const [set, start] of starts.slice(0, -1).entries()) {
      const members = order.subarray(start, starts[set + 1]);
      assert.ok(members.length > 0 && members.length <= setSize, `${name}: ${members.length}`);
      assert.equal(new Set(Array.from(members, (voxel) => windows[voxel])).size, 1, name);
    }
  }
  assert.equal(starts.at(-1), count);
  const sizes = new Map<number, number>();
  for (const window of windows) sizes.set(window, (sizes.get(window) ?? 0) + 1);
  const wanted = [...sizes.values()].reduce((sum, size) => sum + Math.ceil(size / setSize), 0);
  assert.equal(starts.length - 1, wanted, name);
}

Deno.test("every voxel is in one set, sets are of one window and as few as can be", () => {
  for (const count of [1, 2, 90, 700]) {
    const stages = inputLayer(coordsOf(count), CONFIG, GRID);
    for (const [index, { shifts, coords }] of stages.entries()) {
      const { setSize = 1 } = CONFIG.stages[index] ?? {};
      for (const [shift, partition] of shifts.entries()) {
        assert.equal(partition.windows.length, coords.length / 4);
        checkPartition(partition, setSize, `${count} voxels, stage ${index}, shift ${shift}`);
      }
    }
  }
});

Deno.test("official sets hold the voxels of ours, those that are not masked once each", () => {
  const [stage] = inputLayer(coordsOf(500), CONFIG, GRID);
  for (const partition of stage?.shifts ?? []) {
    const { starts, orders } = partition;
    const { indices, mask } = officialSets(partition, 7);
    for (const [which, order] of orders.entries()) {
      for (const [set, start] of starts.slice(0, -1).entries()) {
        const from = (which * (starts.length - 1) + set) * 7;
        const kept = [...indices.subarray(from, from + 7)].filter((_, at) => mask[from + at] === 0);
        assert.deepEqual(kept, [...order.subarray(start, starts[set + 1])]);
      }
    }
  }
});

Deno.test("voxels of the next stage are the cells that hold some, in order", () => {
  const [first, second] = inputLayer(coordsOf(400), CONFIG, GRID);
  const { parents, slots } = first?.pooling ?? { parents: [], slots: [] };
  const before = first?.coords ?? [];
  const after = second?.coords ?? [];
  const rows = Array.from(
    { length: after.length / 4 },
    (_, row) => after.slice(4 * row, 4 * row + 4),
  );
  const key = ([scan = 0, z = 0, y = 0, x = 0]: ArrayLike<number> & Iterable<number>) =>
    ((scan * 100 + x) * 100 + y) * 100 + z;
  assert.deepEqual(rows, rows.toSorted((a, b) => key(a) - key(b)));
  for (const [voxel, parent] of parents.entries()) {
    const [scan = 0, z = 0, y = 0, x = 0] = before.slice(4 * voxel, 4 * voxel + 4);
    assert.deepEqual([...rows[parent] ?? []], [scan, Math.floor(z / 3), y, x >> 1]);
    assert.equal(slots[voxel], x % 2 * 3 + z % 3);
  }
  assert.deepEqual(new Set(parents), new Set(rows.keys()));
});
