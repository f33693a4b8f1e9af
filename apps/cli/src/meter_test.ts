import assert from "node:assert/strict";
import { type Gpu, open, pointwise } from "@vicinity/tensor";
import { kernelTable, Meter, stagesInWords, type StageTimes, totalOf } from "./meter.ts";

const LABEL = "pointwise x + 3 * x";

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** A small model: one kernel, compiled at its first use. */
async function work(gpu: Gpu): Promise<void> {
  using _scope = gpu.scope();
  using plan = gpu.plan({
    name: "addition",
    inputs: { x: { shape: [64] } },
    run: ({ x }) => ({ y: pointwise("x + 3 * x", { x }) }),
  });
  await gpu.read([plan.run({ x: new Float32Array(64) }).y]);
}

async function* frames(count: number) {
  for (let frame = 0; frame < count; frame++) {
    await pause(10);
    yield frame;
  }
}

Deno.test("the stages of an input add up to its time, and loading counts for the first", async () => {
  using gpu = await open();
  const meter = new Meter({ kernels: false });
  const all: StageTimes[] = [];
  const start = performance.now();
  for (const prepareMs of [5, 7]) {
    const measured = meter.begin(prepareMs);
    if (all.length === 0) {
      await meter.load(async () => {
        meter.follow(gpu);
        await pause(20);
      });
    }
    for await (const _ of meter.decoded(frames(3))) await work(gpu);
    await measured.end();
    all.push(measured.times);
  }
  const elapsed = performance.now() - start;
  const [first, second] = all;
  assert.ok(first && second);
  assert.ok(first.loadMs > 15 && second.loadMs === 0);
  assert.ok(first.warmupMs > 0 && second.warmupMs === 0);
  assert.ok(first.gpuMs > 0 && second.gpuMs > 0);
  assert.ok(first.preMs > 5 + 25 && second.preMs > 7 + 25);
  const sum = totalOf(first) + totalOf(second);
  assert.ok(Math.abs(sum - 12 - elapsed) < 0.05 * elapsed + 5, `${sum - 12} of ${elapsed} ms`);
  assert.deepEqual(meter.kernels, []);
});

Deno.test("writing counts for its input, whatever is done beside it", async () => {
  const meter = new Meter({ kernels: false });
  const first = meter.begin(0);
  await first.end();
  const { postMs: worked } = first.times;
  const writing = first.write(() => pause(30));
  const second = meter.begin(0);
  await writing;
  const { postMs: written } = first.times;
  assert.ok(written - worked > 25, `${written - worked}`);
  await pause(5);
  await second.end();
  assert.equal(first.times.postMs, written);
  assert.ok(second.times.postMs > 30, `${second.times.postMs}`);
});

Deno.test("what is done while the GPU is waited for takes no time of its own", async () => {
  using gpu = await open();
  const meter = new Meter({ kernels: false });
  meter.follow(gpu);
  const first = meter.begin(0);
  await first.end();
  const { postMs: worked } = first.times;
  const elapsed = meter.beside();
  const before = { at: performance.now(), waitMs: gpu.stats.waitMs };
  await first.write(async () => {
    for (let time = 0; time < 5; time++) await work(gpu);
  });
  const beside = elapsed();
  const waited = gpu.stats.waitMs - before.waitMs;
  const rest = performance.now() - before.at - waited;
  assert.ok(waited > 0);
  for (const told of [first.times.postMs - worked, beside]) {
    assert.ok(Math.abs(told - rest) < 0.05 * rest + 5, `${told} of ${rest} and ${waited} ms`);
  }
});

Deno.test("frames that nobody wants any more are not decoded", async () => {
  let ended = false;
  async function* watched() {
    try {
      yield* frames(100);
    } finally {
      ended = true;
    }
  }
  const meter = new Meter({ kernels: false });
  for await (const frame of meter.decoded(watched())) if (frame === 1) break;
  assert.ok(ended);
  assert.deepEqual(await Array.fromAsync(meter.decoded([1, 2])), [1, 2]);
});

Deno.test("kernels are timed over all inputs where that is wanted", async () => {
  using gpu = await open();
  if (!gpu.caps.timestamps) return;
  const meter = new Meter({ kernels: true });
  for (let input = 0; input < 2; input++) {
    const measured = meter.begin(0);
    if (input === 0) meter.follow(gpu);
    await work(gpu);
    await measured.end();
  }
  assert.deepEqual(meter.kernels.map(({ label, calls }) => [label, calls]), [[LABEL, 2]]);
});

Deno.test("times and kernels are told in words", () => {
  const times = { loadMs: 12.4, warmupMs: 0, preMs: 3, gpuMs: 100, postMs: 0.2 };
  assert.equal(stagesInWords(times), "load 12 ms, read 3 ms, GPU 100 ms");
  const row = { calls: 3, ns: 6e6, flops: 12e6, bytes: 3e6 };
  assert.deepEqual(kernelTable([{ label: "gemm", ...row }, { label: "add", ...row, ns: 2e6 }]), [
    "kernel  calls    ms   share  GFLOP/s  GB/s",
    "gemm        3  6.00  75.0 %      2.0   0.5",
    "add         3  2.00  25.0 %      6.0   1.5",
  ]);
});
