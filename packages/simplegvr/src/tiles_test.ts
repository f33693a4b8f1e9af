import assert from "node:assert/strict";
import {
  blendedTiles,
  blendWeights,
  decoderHalo,
  encoderHalo,
  exactTiles,
  type Tile,
} from "./tiles.ts";

const GRID = { rows: 37, cols: 50 };

/** How often each place of the grid is covered. */
function coverage(tiles: readonly Tile[], grid = GRID): Uint8Array {
  const counts = new Uint8Array(grid.rows * grid.cols);
  for (const { top, bottom, left, right } of tiles) {
    for (let row = top; row < bottom; row++) {
      for (let col = left; col < right; col++) {
        const at = row * grid.cols + col;
        counts[at] = (counts[at] ?? 0) + 1;
      }
    }
  }
  return counts;
}

Deno.test("overlapping tiles cover the grid and stay inside it", () => {
  const tiles = blendedTiles(GRID, { rows: 16, cols: 20 }, { rows: 12, cols: 14 });
  assert.ok(coverage(tiles).every((count) => count > 0));
  assert.ok(tiles.every(({ bottom, right }) => bottom <= GRID.rows && right <= GRID.cols));
});

Deno.test("a tile that reaches the end is the last of its row", () => {
  const tiles = blendedTiles({ rows: 4, cols: 20 }, { rows: 4, cols: 12 }, { rows: 4, cols: 8 });
  assert.deepEqual(tiles.map(({ left, right }) => [left, right]), [[0, 12], [8, 20]]);
});

Deno.test("a grid smaller than a tile is one tile of weight 1", () => {
  const [tile, ...others] = blendedTiles(GRID, { rows: 64, cols: 64 }, { rows: 32, cols: 32 });
  assert.deepEqual(tile, { top: 0, bottom: 37, left: 0, right: 50 });
  assert.equal(others.length, 0);
  if (tile) assert.ok(blendWeights(tile, GRID, { rows: 32, cols: 32 }).every((w) => w === 1));
});

Deno.test("weights ramp at inner borders only, and where ramps meet the falling one wins", () => {
  const first = { top: 0, bottom: 1, left: 0, right: 4 };
  const inner = { top: 0, bottom: 1, left: 3, right: 7 };
  const grid = { rows: 1, cols: 12 };
  assert.deepEqual([...blendWeights(first, grid, { rows: 1, cols: 2 })], [1, 1, 1, 0.5]);
  assert.deepEqual([...blendWeights(inner, grid, { rows: 1, cols: 2 })], [0.5, 1, 1, 0.5]);
  assert.deepEqual([...blendWeights(inner, grid, { rows: 1, cols: 4 })], [1, 0.75, 0.5, 0.25]);
});

Deno.test("weights are positive everywhere, so that their sum can be divided by", () => {
  const size = { rows: 16, cols: 20 };
  for (const tile of blendedTiles(GRID, size, { rows: 5, cols: 7 })) {
    assert.ok(blendWeights(tile, GRID, { rows: 11, cols: 13 }).every((w) => w > 0 && w <= 1));
  }
});

Deno.test("cores of an exact tiling cover each place once and reads add the halo", () => {
  const tiles = exactTiles(GRID, { rows: 10, cols: 16 }, 3);
  assert.ok(coverage(tiles.map(({ core }) => core)).every((count) => count === 1));
  for (const { core, read } of tiles) {
    assert.equal(read.top, Math.max(0, core.top - 3));
    assert.equal(read.left, Math.max(0, core.left - 3));
    assert.equal(read.bottom, Math.min(GRID.rows, core.bottom + 3));
    assert.equal(read.right, Math.min(GRID.cols, core.right + 3));
  }
});

Deno.test("halos grow with levels and blocks", () => {
  const small = { dimMult: [1, 2], numResBlocks: 1 };
  assert.equal(decoderHalo(small), 12);
  assert.equal(encoderHalo(small), 10);
  for (const larger of [{ ...small, numResBlocks: 2 }, { ...small, dimMult: [1, 2, 4] }]) {
    assert.ok(decoderHalo(larger) > decoderHalo(small));
    assert.ok(encoderHalo(larger) > encoderHalo(small));
  }
});
