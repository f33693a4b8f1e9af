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
