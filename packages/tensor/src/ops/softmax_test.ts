import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { assertClose, testValues } from "../testing/close.ts";
import { rowVariants } from "../wgsl/row_walk.ts";
import { softmax } from "./softmax.ts";

Deno.test("softmax agrees with float64 for all variants and its rows add up to 1", async () => {
  using gpu = await open({ defaultLimits: true });
  const variants = rowVariants(gpu.caps);
  for (const [rows, columns] of [[1, 1], [3, 5], [65, 49], [2000, 36], [33, 1024], [2, 5001]]) {
    if (rows === undefined || columns === undefined) continue;
    using _scope = gpu.scope();
    const x = testValues(rows * columns, 1).map((value) => value * 4);
    const expected = new Float64Array(x.length);
    for (let row = 0; row < rows; row++) {
      const values = [...x.subarray(row * columns, (row + 1) * columns)];
      const top = Math.max(...values);
      const sum = values.reduce((total, value) => total + Math.exp(value - top), 0);
      values.forEach((value, c) => expected[row * columns + c] = Math.exp(value - top) / sum);
    }
    for (const variant of variants) {
      const [y = new Float32Array()] = await gpu.read([
        softmax(gpu.tensor([rows, columns], x), { variant }),
      ]);
      assertClose(y, expected, { atol: 1e-6, rtol: 0 }, `${variant} ${rows}x${columns}`);
      for (let row = 0; row < rows; row++) {
        const sum = [...y.subarray(row * columns, (row + 1) * columns)]
          .reduce((total, value) => total + value, 0);
        assert(Math.abs(sum - 1) < 2e-6, `${variant}: row ${row} adds up to ${sum}`);
      }
    }
  }
});

Deno.test("masked entries get nothing, and a row of masked entries is zero", async () => {
  using gpu = await open();
  const masked = -3e38;
  const x = gpu.tensor([2, 4], new Float32Array([0, masked, 0, masked, ...Array(4).fill(masked)]));
  const [y] = await gpu.read([softmax(x)]);
  assert.deepEqual([...y ?? []], [0.5, 0, 0.5, 0, 0, 0, 0, 0]);
});

Deno.test("softmax names a dtype that it does not take", async () => {
  using gpu = await open();
  assert.throws(() => softmax(gpu.empty([2, 2], "i32")), ShapeError);
});
