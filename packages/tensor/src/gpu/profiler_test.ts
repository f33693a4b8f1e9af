import assert from "node:assert/strict";
import { GpuError } from "../errors.ts";
import { kernel } from "../wgsl/kernel.ts";
import type { Tensor } from "../tensor.ts";
import type { Gpu } from "./gpu.ts";
import { open } from "./open.ts";
import { kernelTotals } from "./profiler.ts";

const count = kernel({
  label: "count up",
  bindings: [{ name: "y", type: "f32", access: "read_write" }],
  params: {},
  workgroup: [1, 1, 1],
  body: "y[gid.x] += 1;",
});

function countUp(y: Tensor, label: string): void {
  y.gpu.dispatch({ kernel: count, tensors: [y], grid: [4, 1, 1], label });
}

async function afterTheNextSubmission(gpu: Gpu, y: Tensor): Promise<number[]> {
  for (const before = gpu.stats.submits; gpu.stats.submits === before;) await Promise.resolve();
  countUp(y, "other");
  const [values] = await gpu.read([y]);
  return [...values ?? []];
}

Deno.test("work that is submitted while times are awaited is neither lost nor measured", async () => {
  using gpu = await open();
  if (!gpu.caps.timestamps) return;
  const y = gpu.tensor([4], new Float32Array(4));
  const profiled = gpu.profile(() => countUp(y, "mine"));
  const [times, values] = await Promise.all([profiled, afterTheNextSubmission(gpu, y)]);
  assert.deepEqual(times.map(({ label }) => label), ["mine"]);
  assert.deepEqual(values, [2, 2, 2, 2]);
});

Deno.test("a second profile is refused while one records", async () => {
  using gpu = await open();
  if (!gpu.caps.timestamps) return;
  const y = gpu.tensor([4], new Float32Array(4));
  const times = await gpu.profile(async () => {
    await assert.rejects(gpu.profile(() => countUp(y, "inner")), GpuError);
    countUp(y, "outer");
  });
  assert.deepEqual(times.map(({ label }) => label), ["outer"]);
});

Deno.test("totals of totals are those of all dispatches", () => {
  const time = (label: string, ns: number) => ({ label, ns, flops: 2 * ns, bytes: 3 });
  const early = kernelTotals([time("a", 5), time("b", 1), time("a", 2)]);
  assert.deepEqual(early.map(({ label }) => label), ["a", "b"]);
  assert.deepEqual(kernelTotals([...early, time("b", 9)]), [
    { label: "b", calls: 2, ns: 10, flops: 20, bytes: 6 },
    { label: "a", calls: 2, ns: 7, flops: 14, bytes: 6 },
  ]);
  assert.deepEqual(kernelTotals([]), []);
});

Deno.test("every dispatch has its own time, also beyond one query set", async () => {
  using gpu = await open();
  if (!gpu.caps.timestamps) return;
  const y = gpu.tensor([4], new Float32Array(4));
  const labels = Array.from({ length: 2100 }, (_, index) => `dispatch ${index}`);
  const times = await gpu.profile(() => labels.forEach((label) => countUp(y, label)));
  assert.deepEqual(times.map(({ label }) => label), labels);
  assert(times.every(({ ns }) => ns >= 0));
  assert(times.slice(-50).some(({ ns }) => ns > 0));
});
