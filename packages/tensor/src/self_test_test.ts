import assert from "node:assert/strict";
import { open } from "./gpu/open.ts";
import { selfTest } from "./self_test.ts";

Deno.test("every kernel of the self-test agrees with float64, and no buffer is left", async () => {
  using gpu = await open();
  await selfTest(gpu);
  const { liveBuffers } = gpu.stats;
  const results = await selfTest(gpu);
  assert.deepEqual(results.filter(({ ok }) => !ok), []);
  assert(results.length >= 8);
  assert.equal(gpu.stats.liveBuffers, liveBuffers);
});

Deno.test("a tensor that is made while the self-test waits stays", async () => {
  using gpu = await open();
  const testing = selfTest(gpu);
  const other = gpu.tensor([2], Float32Array.of(1, 2));
  await testing;
  const [values] = await gpu.read([other]);
  assert.deepEqual([...values ?? []], [1, 2]);
});
