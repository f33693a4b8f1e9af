import assert from "node:assert/strict";
import { linear } from "../ops/linear.ts";
import { packWeight } from "../ops/packed_weight.ts";
import { followWork } from "./follow_work.ts";
import type { Gpu } from "./gpu.ts";
import { open } from "./open.ts";

Deno.test("who follows a context is told of the work that is done, until that ends", async () => {
  using gpu = await open();
  using _scope = gpu.scope();
  const x = gpu.tensor([64, 64], new Float32Array(4096));
  const weight = packWeight(gpu, new Float32Array(4096), [64, 64]);
  let done = 0;
  {
    using _following = followWork(gpu, (flops) => done += flops);
    const y = linear(x, weight);
    gpu.flush();
    await gpu.read([y]);
  }
  assert.ok(done >= 2 * 64 ** 3, `${done}`);
  const before = done;
  await gpu.read([linear(x, weight)]);
  assert.equal(done, before);
});

Deno.test("work of several submissions is told in parts, before it is read", async () => {
  using gpu = await open();
  using _scope = gpu.scope();
  const x = gpu.tensor([512, 512], new Float32Array(512 ** 2));
  const weight = packWeight(gpu, new Float32Array(512 ** 2), [512, 512]);
  const told: number[] = [];
  using _following = followWork(gpu, (flops) => told.push(flops));
  for (let call = 0; call < 4; call++) {
    linear(x, weight);
    gpu.flush();
  }
  await gpu.read([x]);
  assert.ok(told.length > 1, `${told}`);
  assert.ok(told.every((flops) => flops > 0 && flops <= 4 * (2 * 512 ** 3 + 512 ** 2)));
});

/** A context of which only the submissions are there, and when they are done. */
function fakeGpu(onSubmittedWorkDone: () => Promise<undefined>, isCpu = false) {
  const recorder: Pick<Gpu["recorder"], "onSubmit"> = { onSubmit: null };
  const device = { queue: { onSubmittedWorkDone } };
  return { recorder, device, caps: { isCpu } } as unknown as Gpu;
}

Deno.test("where promises are given at once, work counts when they are kept, and not after the end", async () => {
  const submissions: PromiseWithResolvers<undefined>[] = [];
  const gpu = fakeGpu(() => {
    const submission = Promise.withResolvers<undefined>();
    submissions.push(submission);
    return submission.promise;
  });
  const told: number[] = [];
  const following = followWork(gpu, (flops) => told.push(flops));
  for (const flops of [1, 2, 3, 4]) gpu.recorder.onSubmit?.(flops, 0);
  assert.deepEqual([submissions.length, told], [4, []]);
  const turn = () => new Promise((done) => setTimeout(done));
  submissions[0]?.resolve(undefined);
  submissions[1]?.reject(new Error("the device is lost"));
  submissions[2]?.resolve(undefined);
  await turn();
  assert.deepEqual(told, [1, 3]);
  following[Symbol.dispose]();
  submissions[3]?.resolve(undefined);
  await turn();
  assert.deepEqual([told, gpu.recorder.onSubmit], [[1, 3], null]);
});

Deno.test("where questions are waited for, few are asked, and the answers are told at once", () => {
  let waiting = 0;
  let asked = 0;
  const gpu = fakeGpu(() => {
    asked++;
    const end = performance.now() + 2 * waiting;
    while (performance.now() < end);
    waiting = 0;
    return Promise.resolve(undefined);
  });
  let done = 0;
  using _following = followWork(gpu, (flops) => done += flops);
  for (let submission = 1; submission <= 200; submission++) {
    waiting++;
    gpu.recorder.onSubmit?.(1, 0);
    assert.equal(done, submission - waiting);
  }
  assert.ok(asked > 2 && asked < 20, `${asked}`);
  assert.ok(done > 100, `${done}`);
});

Deno.test("a driver that takes work only when it is done with what it had is not asked", () => {
  const gpu = fakeGpu(() => assert.fail("it was asked"), true);
  const told: number[] = [];
  using _following = followWork(gpu, (flops) => told.push(flops));
  for (const [flops, tookMs] of [[1, 0], [2, 30], [3, 30], [4, 30]] as const) {
    gpu.recorder.onSubmit?.(flops, tookMs);
  }
  assert.deepEqual(told, [1, 2, 3]);
});
