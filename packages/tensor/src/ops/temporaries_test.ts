import assert from "node:assert/strict";
import type { Gpu } from "../gpu/gpu.ts";
import { open } from "../gpu/open.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { testValues } from "../testing/close.ts";
import { conv3d } from "./conv3d.ts";
import { packDepthwise } from "./depthwise.ts";
import { groupNorm } from "./group_norm.ts";
import { linearDepthwise } from "./linear_depthwise.ts";
import { matmul } from "./matmul.ts";
import { packWeight } from "./packed_weight.ts";
import { adaptiveAveragePool2d } from "./pool.ts";
import { reduce } from "./reduce.ts";
import { resize, resizeByTables } from "./resize.ts";
import { resampleTable } from "../resample_table.ts";
import { topK } from "./top_k.ts";

/** Operations of several steps, with the shapes of what they take. */
function operations(gpu: Gpu): Record<string, [number[], (x: Tensor) => Tensor[]]> {
  const weight = packWeight(gpu, testValues(4 * 4 * 3, 1), [4, 4, 3, 1, 1]);
  const layer = { weight: packWeight(gpu, testValues(8 * 40, 1), [8, 40]) };
  const filters = { weight: packDepthwise(gpu, testValues(8 * 9, 1), [8, 1, 3, 3]) };
  const bilinear = { filter: "bilinear" } as const;
  const half = resampleTable(8, 4, bilinear);
  return {
    matmul: [[2, 70, 70], (x) => [matmul(x, x)]],
    "group norm": [[2, 300, 8], (x) => [groupNorm(x, { groups: 2 })]],
    "top k": [[2, 5000], (x) => Object.values(topK(x, 9))],
    "reduce rows": [[2, 1_100_000], (x) => [reduce(x, "sum", { axis: 1 })]],
    "reduce columns": [[40_000, 4], (x) => [reduce(x, "max", { axis: 0 })]],
    pool: [[1, 200, 200, 4], (x) => [adaptiveAveragePool2d(x, 1)]],
    resize: [[1, 8, 8, 4], (x) => [resize(x, [4, 12], bilinear)]],
    "resize the other way": [[1, 8, 8, 4], (x) => [resize(x, [12, 4], bilinear)]],
    "resize by tables": [[1, 8, 8, 4], (x) => [resizeByTables(x, half, half)]],
    "linear, depthwise": [[1, 5, 6, 40], (x) => [linearDepthwise(x, layer, filters)]],
    conv3d: [[3, 4, 4, 4], (x) => [conv3d(x, weight, { history: x })]],
  };
}

Deno.test("operations outside of plans leave no memory behind but their results", async () => {
  using gpu = await open({ debug: true });
  for (const [name, [shape, operation]] of Object.entries(operations(gpu))) {
    const x = gpu.tensor(shape, testValues(sizeOf(shape), 2));
    // The first call may leave tables for the next one.
    for (const first of operation(x)) gpu.free(first);
    const before = gpu.stats.liveBytes;
    const results = operation(x);
    await gpu.read(results);
    for (const result of results) gpu.free(result);
    assert.equal(gpu.stats.liveBytes, before, name);
    gpu.free(x);
  }
});

Deno.test("what an operation frees itself is not freed again by a scope, nor inside a plan", async () => {
  using gpu = await open({ debug: true });
  for (const [name, [shape, operation]] of Object.entries(operations(gpu))) {
    const data = testValues(sizeOf(shape), 3);
    const scoped = await (() => {
      using _scope = gpu.scope();
      return gpu.read(operation(gpu.tensor(shape, data)));
    })();
    using plan = gpu.plan({
      name,
      inputs: { x: { shape } },
      run: ({ x }) => ({ y: operation(x)[0] ?? x }),
    });
    for (let run = 0; run < 2; run++) {
      const [y] = await gpu.read([plan.run({ x: data }).y]);
      assert.deepEqual(y, scoped[0], name);
    }
  }
});
