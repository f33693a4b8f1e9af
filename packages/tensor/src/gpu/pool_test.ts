import assert from "node:assert/strict";
import { OutOfMemoryError } from "../errors.ts";
import { pointwise } from "../ops/pointwise.ts";
import type { Tensor } from "../tensor.ts";
import { open } from "./open.ts";

/** Makes a device say that it had no memory for one of the buffers that are made next. */
function refuse(device: GPUDevice, buffer: number): void {
  const pop = device.popErrorScope.bind(device);
  let count = 0;
  device.popErrorScope = async () => {
    const chosen = count++ === buffer;
    const error = await pop();
    return chosen ? new GPUOutOfMemoryError("nothing left") : error;
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof OutOfMemoryError && /driver refused \(nothing left\)/.test(error.message);
}

Deno.test("a buffer that the driver had no memory for is reported and not handed out again", async () => {
  for (const early of [true, false]) {
    using gpu = await open();
    refuse(gpu.device, 0);
    const refused = gpu.empty([1000]);
    if (early) gpu.free(refused);
    await assert.rejects(gpu.settled(), isRefusal);
    gpu.free(refused);
    const { liveBuffers, liveBytes, idleBytes } = gpu.stats;
    assert.deepEqual({ liveBuffers, liveBytes, idleBytes }, {
      liveBuffers: 0,
      liveBytes: 0,
      idleBytes: 0,
    });
    const [values] = await gpu.read([gpu.tensor([1000], new Float32Array(1000).fill(3))]);
    assert.equal(values?.[999], 3);
  }
});

Deno.test("a read reports that a tensor had no memory, rather than what followed from it", async () => {
  using gpu = await open();
  refuse(gpu.device, 0);
  const x = gpu.tensor([4], new Float32Array(4));
  await Promise.resolve();
  await assert.rejects(gpu.read([x]), isRefusal);
});

Deno.test("a slot without memory is not lent to the next plan", async () => {
  using gpu = await open();
  const options = {
    name: "fourfold",
    inputs: { x: { shape: [1000] } },
    run: ({ x }: { x: Tensor }) => ({
      y: pointwise("x + x", { x: pointwise("x + x", { x }) }),
    }),
  };
  refuse(gpu.device, 2);
  using first = gpu.plan(options);
  await assert.rejects(first.compile(), isRefusal);
  using second = gpu.plan(options);
  const { y } = second.run({ x: new Float32Array(1000).fill(1) });
  const [values] = await gpu.read([y]);
  assert.equal(values?.[999], 4);
});
