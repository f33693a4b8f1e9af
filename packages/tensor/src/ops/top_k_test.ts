import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { topKReference } from "../reference/top_k.ts";
import { sizeOf } from "../tensor.ts";
import { testValues } from "../testing/close.ts";
import { topK } from "./top_k.ts";

/** Shapes on both sides of the length from which on the largest values are found first. */
const CASES: readonly (readonly [shape: readonly number[], k: number])[] = [
  [[1], 1],
  [[3, 7], 3],
  [[2, 5], 9],
  [[1, 2048], 2048],
  [[1, 2049], 2049],
  [[3, 2049], 1],
  [[2, 2, 3001], 257],
  [[1, 70001], 1000],
];

/** Random values, values with many equals, and one value alone. */
const CONTENTS: Readonly<Record<string, (value: number) => number>> = {
  "random": (value) => value,
  "large and small": (value) => Math.sign(value) * 10 ** (76 * Math.abs(value) - 38),
  "few values": (value) => Math.round(2 * value),
  "all equal": () => -3e38,
};

Deno.test("the largest values come in order, equal ones in the order of their columns", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [shape, k] of CASES) {
    for (const [name, content] of Object.entries(CONTENTS)) {
      using _scope = gpu.scope();
      const x = testValues(sizeOf(shape), 3).map(content);
      const expected = topKReference(x, shape.at(-1) ?? 0, k);
      const { values, indices } = topK(gpu.tensor(shape, x), k);
      assert.deepEqual(values.shape, [...shape.slice(0, -1), Math.min(k, shape.at(-1) ?? 0)]);
      const [best = [], at = []] = await gpu.read([values, indices]);
      const message = `${name} [${shape}], ${k}`;
      assert.deepEqual([...at], expected.indices, message);
      assert.deepEqual(
        [...best].map((value) => value + 0),
        expected.values.map((v) => v + 0),
        message,
      );
    }
  }
});

Deno.test("looking for no values at all is refused, rows without values have none", async () => {
  using gpu = await open();
  assert.throws(() => topK(gpu.tensor([2], new Float32Array(2)), 0), ShapeError);
  assert.throws(() => topK(gpu.tensor([2], new Uint32Array(2)), 1), ShapeError);
  assert.deepEqual(topK(gpu.empty([3, 0]), 2).values.shape, [3, 0]);
});
