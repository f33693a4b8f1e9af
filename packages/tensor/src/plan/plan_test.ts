import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { open } from "../gpu/open.ts";
import { pointwise } from "../ops/pointwise.ts";
import type { Tensor } from "../tensor.ts";

function eightfold(gpu: Gpu) {
  const double = (x: Tensor) => pointwise("x + x", { x });
  return gpu.plan({
    name: "eightfold",
    inputs: { x: { shape: [4] } },
    run: ({ x }) => ({ y: double(double(double(x))) }),
  });
}

Deno.test("a plan whose preparation was stopped halfway runs all of its kernels afterwards", async () => {
  using gpu = await open();
  using plan = eightfold(gpu);
  const stop = ({ done }: { done: number }) => {
    if (done === 2) throw new Error("stop");
  };
  await assert.rejects(plan.compile(stop), /stop/);
  const { y } = plan.run({ x: Float32Array.of(1, 2, 3, 4) });
  const [values] = await gpu.read([y]);
  assert.deepEqual([...values ?? []], [8, 16, 24, 32]);
});

Deno.test("a plan over a weight that was freed throws at every run", async () => {
  using gpu = await open();
  const weight = gpu.tensor([4], new Float32Array(4));
  using plan = gpu.plan({
    name: "freed weight",
    inputs: { x: { shape: [4] } },
    run: ({ x }) => ({ y: pointwise("a + b", { a: pointwise("x + x", { x }), b: weight }) }),
  });
  gpu.free(weight);
  for (let run = 0; run < 2; run++) assert.throws(() => plan.run(), ShapeError);
});
