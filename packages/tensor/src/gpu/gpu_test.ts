import assert from "node:assert/strict";
import {
  DeviceLostError,
  GpuError,
  GpuLimitError,
  OutOfMemoryError,
  ShapeError,
} from "../errors.ts";
import { linear } from "../ops/linear.ts";
import { packWeight } from "../ops/packed_weight.ts";
import { pointwise } from "../ops/pointwise.ts";
import { kernel } from "../wgsl/kernel.ts";
import type { Tensor } from "../tensor.ts";
import { open } from "./open.ts";

const double = kernel({
  label: "double",
  bindings: [{ name: "x", type: "f32", access: "read" }, {
    name: "y",
    type: "f32",
    access: "read_write",
  }],
  params: { count: "u32", factor: "f32" },
  workgroup: [64, 1, 1],
  body: "if (gid.x < p.count) { y[gid.x] = x[gid.x] * p.factor; }",
});

function times(x: Tensor, factor: number): Tensor {
  const y = x.gpu.empty(x.shape);
  const count = x.shape[0] ?? 0;
  x.gpu.dispatch({
    kernel: double,
    tensors: [x, y],
    params: [count, factor],
    grid: [Math.ceil(count / 64), 1, 1],
  });
  return y;
}

Deno.test("values come back as they were uploaded, in every dtype, in one readback", async () => {
  using gpu = await open();
  const floats = gpu.tensor([3], new Float32Array([1.5, -2, 3]));
  const halves = gpu.tensor([3], new Float32Array([0.5, 1024, -7]), "f16");
  const words = gpu.tensor([2], new Uint32Array([1, 4294967295]));
  const signed = gpu.tensor([2], new Int32Array([-1, 7]));
  const before = gpu.stats.submits;
  const read = await gpu.read([floats, halves, words, signed]);
  assert.equal(gpu.stats.submits, before + 1);
  assert.deepEqual(read.map((values) => [...values]), [
    [1.5, -2, 3],
    [0.5, 1024, -7],
    [1, 4294967295],
    [-1, 7],
  ]);
});

Deno.test("recorded kernels run in order at the next read", async () => {
  using gpu = await open({ debug: true });
  const x = gpu.tensor([100], Float32Array.from({ length: 100 }, (_, index) => index));
  const [values] = await gpu.read([times(times(x, 2), 3)]);
  assert.equal(values?.[99], 594);
});

Deno.test("an upload does not overtake commands that are recorded before it", async () => {
  using gpu = await open();
  const x = gpu.tensor([4], new Float32Array([1, 2, 3, 4]));
  const y = times(x, 10);
  gpu.write(x, new Float32Array([5, 6, 7, 8]));
  const [values] = await gpu.read([y]);
  assert.deepEqual([...values ?? []], [10, 20, 30, 40]);
});

Deno.test("a scope frees what was made in it, except what is kept", async () => {
  using gpu = await open();
  const x = gpu.tensor([4], new Float32Array(4).fill(1));
  const before = gpu.stats.liveBuffers;
  let kept: Tensor;
  {
    using scope = gpu.scope();
    kept = scope.keep(times(times(x, 2), 2));
  }
  assert.equal(gpu.stats.liveBuffers, before + 1);
  const [values] = await gpu.read([kept]);
  assert.equal(values?.[0], 4);
  gpu.free(kept);
  assert.equal(gpu.stats.liveBuffers, before);
});

Deno.test("a plan replays with new inputs, knows its memory and gives it back", async () => {
  using gpu = await open();
  const before = gpu.stats.liveBytes;
  {
    using plan = gpu.plan({
      name: "eightfold",
      inputs: { x: { shape: [1000] } },
      run: ({ x }) => ({ y: times(times(times(x, 2), 2), 2) }),
    });
    await plan.compile();
    assert.equal(plan.peakBytes, 4 * 4000);
    assert.equal(plan.largestBinding, 4000);
    for (const start of [1, 2]) {
      const { y } = plan.run({ x: new Float32Array(1000).fill(start) });
      const [values] = await gpu.read([y]);
      assert.equal(values?.[999], 8 * start);
    }
    const bytes = gpu.stats.liveBytes;
    for (let run = 0; run < 100; run++) plan.run();
    await gpu.read([plan.outputs.y]);
    assert.equal(gpu.stats.liveBytes, bytes);
  }
  assert.equal(gpu.stats.liveBytes, before);
});

Deno.test("a plan runs the same operations as eager mode, with the same bits", async () => {
  using gpu = await open();
  const data = Float32Array.from({ length: 12 * 16 }, (_, index) => Math.sin(index));
  const weight = packWeight(
    gpu,
    Float32Array.from({ length: 8 * 16 }, (_, index) => Math.cos(index)),
    [8, 16],
  );
  const eager = linear(gpu.tensor([12, 16], data), weight, { activation: "relu" });
  using plan = gpu.plan({
    name: "linear",
    inputs: { x: { shape: [12, 16] } },
    run: ({ x }) => ({ y: linear(x, weight, { activation: "relu" }) }),
  });
  const [a, b] = await gpu.read([eager, plan.run({ x: data }).y]);
  assert.deepEqual(a, b);
});

Deno.test("what a plan uploads while it is traced stays with it and goes with it", async () => {
  using gpu = await open();
  const before = gpu.stats.liveBytes;
  const options = (fail: boolean) => ({
    name: "constant",
    inputs: { x: { shape: [4] } },
    run: ({ x }: { x: Tensor }) => {
      const table = gpu.tensor([4], Float32Array.of(1, 2, 3, 4));
      gpu.free(table);
      if (fail) throw new Error("stop");
      return { y: pointwise("a * b", { a: x, b: table }) };
    },
  });
  assert.throws(() => gpu.plan(options(true)), /stop/);
  assert.equal(gpu.stats.liveBytes, before);
  {
    using plan = gpu.plan(options(false));
    assert.equal(plan.peakBytes, 3 * 16);
    assert.equal(gpu.stats.liveBytes - before, plan.peakBytes);
    for (const factor of [1, 10]) {
      const { y } = plan.run({ x: new Float32Array(4).fill(factor) });
      const [values] = await gpu.read([y]);
      assert.deepEqual([...values ?? []], [1, 2, 3, 4].map((value) => factor * value));
    }
  }
  assert.equal(gpu.stats.liveBytes, before);
});

Deno.test("two plans share their slots", async () => {
  using gpu = await open();
  const options = (name: string) => ({
    name,
    inputs: { x: { shape: [4096] } },
    run: ({ x }: { x: Tensor }) => ({ y: times(times(x, 2), 2) }),
  });
  using first = gpu.plan(options("first"));
  const between = gpu.stats.liveBytes;
  using second = gpu.plan(options("second"));
  assert.equal(gpu.stats.liveBytes - between, 2 * 4096 * 4);
  const { y } = second.run({ x: first.run({ x: new Float32Array(4096).fill(1) }).y });
  const [values] = await gpu.read([y]);
  assert.equal(values?.[0], 16);
});

const BROKEN = kernel({
  label: "broken kernel",
  bindings: [{ name: "y", type: "f32", access: "read_write" }],
  params: {},
  workgroup: [1, 1, 1],
  body: "y[0] = nothing;",
});

Deno.test("a kernel that does not compile is named by the next read", async () => {
  using gpu = await open();
  const y = gpu.empty([4]);
  gpu.dispatch({ kernel: BROKEN, tensors: [y], grid: [1, 1, 1] });
  await assert.rejects(gpu.read([y]), (error: unknown) => {
    assert(error instanceof GpuError);
    assert.equal(error.label, "broken kernel");
    assert.match(error.message, /nothing/);
    assert.match(error.wgsl ?? "", /^ *y\[0\] = nothing;$/m);
    return true;
  });
});

Deno.test("all who wait when a kernel fails are told, who comes later is not", async () => {
  using gpu = await open();
  const [x, y] = [gpu.tensor([1], new Float32Array([2])), gpu.empty([4])];
  gpu.dispatch({ kernel: BROKEN, tensors: [y], grid: [1, 1, 1] });
  const outcomes = await Promise.allSettled([gpu.read([y]), gpu.read([y]), gpu.settled()]);
  assert.deepEqual(outcomes.map(({ status }) => status), ["rejected", "rejected", "rejected"]);
  assert.deepEqual(await gpu.read([x]), [new Float32Array([2])]);
});

Deno.test("the byte budget is kept and the context stays usable", async () => {
  using gpu = await open({ budgetBytes: 1 << 20 });
  assert.throws(
    () => gpu.empty([1 << 20]),
    (error) =>
      error instanceof OutOfMemoryError &&
      /^Cannot allocate 4\.0 MiB of GPU memory: \S+ KiB of 1\.0 MiB are in use\. /.test(
        error.message,
      ),
  );
  assert.throws(
    () =>
      gpu.plan({
        name: "large",
        inputs: { x: { shape: [100_000] } },
        run: ({ x }) => ({ y: times(times(x, 2), 2) }),
      }),
    OutOfMemoryError,
  );
  const [values] = await gpu.read([times(gpu.tensor([1], new Float32Array([2])), 2)]);
  assert.equal(values?.[0], 4);
});

Deno.test("a destroyed device gives one typed error from every call", async () => {
  const gpu = await open();
  const x = gpu.tensor([1], new Float32Array(1));
  gpu.device.destroy();
  await gpu.device.lost;
  assert.throws(() => gpu.empty([1]), DeviceLostError);
  await assert.rejects(gpu.read([x]), DeviceLostError);
  gpu.dispose();
});

Deno.test("wrong sizes and freed tensors are refused before they reach the GPU", async () => {
  using gpu = await open();
  assert.throws(() => gpu.tensor([3], new Float32Array(2)), ShapeError);
  assert.throws(() => gpu.empty([-1]), ShapeError);
  const x = gpu.tensor([2], new Float32Array(2));
  gpu.free(x);
  await assert.rejects(gpu.read([x]), ShapeError);
});

Deno.test("kernel times are measured where the adapter can", async () => {
  using gpu = await open();
  const x = gpu.tensor([64], new Float32Array(64));
  const kernelTimes = await gpu.profile(() => void times(x, 2));
  assert.equal(kernelTimes.length, gpu.caps.timestamps ? 1 : 0);
  for (const { label, ns } of kernelTimes) {
    assert.equal(label, "double");
    assert(ns >= 0);
  }
});

Deno.test("a kernel with more workgroup memory than the device allows is refused by its name", async () => {
  using gpu = await open({ defaultLimits: true });
  const greedy = kernel({
    label: "greedy",
    bindings: [{ name: "y", type: "f32", access: "read_write" }],
    params: {},
    workgroup: [1, 1, 1],
    declarations: "var<workgroup> much: array<f32, 5000>;",
    body: "  much[0] = 1.0;\n  y[0] = much[0];",
  });
  assert.throws(
    () => gpu.dispatch({ kernel: greedy, tensors: [gpu.empty([1])], grid: [1, 1, 1] }),
    (error) => error instanceof GpuLimitError && error.message.includes("greedy"),
  );
});
