import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { open } from "../gpu/open.ts";
import { pointwise } from "../ops/pointwise.ts";
import type { Tensor } from "../tensor.ts";

function eightfold(gpu: Gpu) {
  return gpu.plan({
    name: "eightfold",
    inputs: { x: { shape: [4] } },
    run: ({ x }) => {
      const twice = pointwise("x + x", { x });
      const fourfold = pointwise("2 * x", { x: twice });
      return { y: pointwise("x * 2", { x: fourfold }) };
    },
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

Deno.test("a context tells of the pipelines that its plans compile, once each", async () => {
  const seen: string[] = [];
  using gpu = await open({
    onCompile: ({ phase, done, total, unit }) => seen.push(`${phase} ${done}/${total} ${unit}`),
  });
  using first = eightfold(gpu);
  assert.deepEqual(seen, []);
  first.run();
  using second = eightfold(gpu);
  second.run();
  first.run();
  assert.deepEqual(seen, [1, 2, 3].map((done) => `compile ${done}/3 pipeline`));
  // Pages compile beside the script, and their clock has steps.
  assert.ok(gpu.stats.compileMs > 0 || "document" in globalThis);
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

Deno.test("a plan that ran before throws too when a weight or an output of it was freed", async () => {
  using gpu = await open();
  const weight = gpu.tensor([4], Float32Array.of(1, 1, 1, 1));
  using over = gpu.plan({
    name: "over a weight",
    inputs: { x: { shape: [4] } },
    run: ({ x }) => ({ y: pointwise("a + b", { a: x, b: weight }) }),
  });
  using plan = eightfold(gpu);
  over.run({ x: new Float32Array(4) });
  plan.run({ x: new Float32Array(4) });
  gpu.free(weight);
  gpu.free(plan.outputs.y);
  gpu.tensor([4], Float32Array.of(7, 7, 7, 7));
  assert.throws(() => over.run(), ShapeError);
  assert.throws(() => plan.run(), ShapeError);
});

Deno.test("what belonged to a plan is refused after the plan is disposed", async () => {
  using gpu = await open();
  const inside: Tensor[] = [];
  const plan = gpu.plan({
    name: "short",
    inputs: { x: { shape: [4] } },
    run: ({ x }) => {
      const table = gpu.tensor([4], Float32Array.of(1, 2, 3, 4));
      const between = pointwise("a * b", { a: x, b: table });
      inside.push(table, between);
      return { y: pointwise("x + x", { x: between }) };
    },
  });
  const { y } = plan.run({ x: new Float32Array(4).fill(1) });
  plan.dispose();
  gpu.tensor([4], Float32Array.of(9, 9, 9, 9));
  for (const tensor of [y, plan.inputs.x, ...inside]) {
    await assert.rejects(gpu.read([tensor]), ShapeError);
    assert.throws(() => gpu.write(tensor, new Float32Array(4)), ShapeError);
  }
  await assert.rejects(plan.compile(), /compile plan short.*disposed/);
});

Deno.test("an output that was freed is not given back again with its plan", async () => {
  using gpu = await open();
  const plan = eightfold(gpu);
  gpu.free(plan.outputs.y);
  using next = eightfold(gpu);
  plan.dispose();
  using last = eightfold(gpu);
  next.run({ x: Float32Array.of(1, 2, 3, 4) });
  last.run({ x: Float32Array.of(9, 9, 9, 9) });
  const [values] = await gpu.read([next.run().y]);
  assert.deepEqual([...values ?? []], [8, 16, 24, 32]);
});
