import assert from "node:assert/strict";
import { axisRope, gridRope, ropeSplit, timeEmbedding } from "./embeddings.ts";

Deno.test("times embed as cosines before sines of falling frequencies", () => {
  const embedding = timeEmbedding([1, 2], 4);
  const expected = [1, 0.01, 2, 0.02].map((angle) => [Math.cos(angle), Math.sin(angle)]);
  const rows = [0, 1].flatMap((row) => [
    ...[0, 1].map((j) => expected[2 * row + j]?.[0] ?? NaN),
    ...[0, 1].map((j) => expected[2 * row + j]?.[1] ?? NaN),
  ]);
  assert.deepEqual(embedding, Float32Array.from(rows));
});

Deno.test("every even head width is divided without remainder", () => {
  for (let headDim = 2; headDim <= 256; headDim += 2) {
    const { frame, row, col } = ropeSplit(headDim);
    assert.equal(frame + row + col, headDim / 2);
    assert.equal(row, col);
    assert.ok(frame >= row);
  }
});

Deno.test("angles grow with the position and shrink with the pair", () => {
  const { cos, sin } = axisRope([3], 2);
  assert.deepEqual(cos, Float32Array.of(Math.cos(3), Math.cos(0.03)));
  assert.deepEqual(sin, Float32Array.of(Math.sin(3), Math.sin(0.03)));
});

Deno.test("large positions keep the precision of doubles", () => {
  const { sin } = axisRope([100_003], 1);
  assert.equal(sin[0], Math.fround(Math.sin(100_003)));
});

Deno.test("a token of a grid turns by its frame, row and column", () => {
  const grid = { frames: 3, rows: 2, cols: 4 };
  const table = gridRope(grid, 24);
  const [frame, row, col] = [2, 1, 3];
  const token = (frame * grid.rows + row) * grid.cols + col;
  const expected = [
    ...axisRope([frame], 4).sin,
    ...axisRope([row], 4).sin,
    ...axisRope([col], 4).sin,
  ];
  assert.deepEqual([...table.sin.subarray(token * 12, (token + 1) * 12)], expected);
});

Deno.test("shorter grids are the beginning of longer ones", () => {
  const long = gridRope({ frames: 5, rows: 2, cols: 3 }, 12);
  const short = gridRope({ frames: 2, rows: 2, cols: 3 }, 12);
  assert.deepEqual(long.cos.subarray(0, short.cos.length), short.cos);
});
