import assert from "node:assert/strict";
import { open } from "../gpu/open.ts";
import { COPY_RUN } from "../kernels/strided_copy.ts";
import { recordStridedCopy, stridesOf } from "./strided_copy.ts";

/** Shapes, and the order of their axes in the target. */
const PERMUTATIONS: readonly (readonly [shape: readonly number[], order: readonly number[]])[] = [
  [[1, 5, 7, 33], [0, 2, 3, 1]],
  [[2, 19, 17, 3], [0, 3, 1, 2]],
  [[3, 4, 8], [1, 0, 2]],
  [[37, 1], [1, 0]],
  [[5], [0]],
  [[2, 1, 3, 2, 40], [4, 2, 0, 3, 1]],
];

/** Values of a permuted tensor, one by one. */
function permuted(shape: readonly number[], order: readonly number[]): number[] {
  const from = stridesOf(shape);
  const extents = order.map((axis) => shape[axis] ?? 1);
  return Array.from({ length: extents.reduce((a, b) => a * b, 1) }, (_, at) => {
    let [rest, source] = [at, 0];
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      const extent = extents[axis] ?? 1;
      source += rest % extent * (from[order[axis] ?? 0] ?? 0);
      rest = Math.floor(rest / extent);
    }
    return source;
  });
}

Deno.test("copies of single elements and of runs give the same permutations", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const run of [1, COPY_RUN]) {
    for (const [shape, order] of PERMUTATIONS) {
      using _scope = gpu.scope();
      const count = shape.reduce((a, b) => a * b, 1);
      const x = gpu.tensor(shape, Float32Array.from({ length: count }, (_, at) => at));
      const extents = order.map((axis) => shape[axis] ?? 1);
      const y = gpu.empty(extents);
      const strides = stridesOf(shape);
      recordStridedCopy({
        x,
        y,
        extents,
        from: { start: 0, strides: order.map((axis) => strides[axis] ?? 1) },
        to: { start: 0, strides: stridesOf(extents) },
        label: "permute",
        run,
      });
      const [values = []] = await gpu.read([y]);
      assert.deepEqual([...values], permuted(shape, order), `[${shape}] as [${order}], ${run}`);
    }
  }
});
