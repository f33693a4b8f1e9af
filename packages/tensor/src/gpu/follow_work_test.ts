import assert from "node:assert/strict";
import { linear } from "../ops/linear.ts";
import { packWeight } from "../ops/packed_weight.ts";
import { followWork } from "./follow_work.ts";
import { open } from "./open.ts";

Deno.test("who follows a context is told of the work that is done, until that ends", async () => {
  using gpu = await open();
  using _scope = gpu.scope();
  const x = gpu.tensor([64, 64], new Float32Array(4096));
  const weight = packWeight(gpu, new Float32Array(4096), [64, 64]);
  let done = 0;
  {
    using _following = followWork(gpu, (flops) => done += flops);
    await gpu.read([linear(x, weight)]);
  }
  assert.ok(done >= 2 * 64 ** 3, `${done}`);
  const before = done;
  await gpu.read([linear(x, weight)]);
  assert.equal(done, before);
});
