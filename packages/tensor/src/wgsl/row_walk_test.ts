import assert from "node:assert/strict";
import type { Caps } from "../gpu/device.ts";
import { open } from "../gpu/open.ts";
import { chooseTile } from "../ops/packed_weight.ts";
import { chooseRowVariant, rowIterations, rowVariants, rowWorkgroups } from "./row_walk.ts";

/** Facts about an adapter whose kernels have so many lanes, and whose probe had so many. */
async function capsWith(least: number, most: number, probed: number): Promise<Caps> {
  using gpu = await open({ defaultLimits: true });
  const lanes = { subgroupSize: probed, subgroupMinSize: least, subgroupMaxSize: most };
  return { ...gpu.caps, tuned: {}, subgroups: true, ...lanes };
}

Deno.test("rows are spread over subgroups only where all kernels have the same lanes", async () => {
  for (const [lanes, rows] of [[8, 8], [32, 2], [64, 1]] as const) {
    const caps = await capsWith(lanes, lanes, lanes);
    assert.equal(chooseRowVariant(caps, 10, 1000), "subgroup");
    assert.equal(rowWorkgroups(caps, "subgroup", 10 * rows), 10);
  }
  // Intel's 8 to 32, a probe beside the bounds, and a workgroup that is half a subgroup.
  for (const [least, most, probed] of [[8, 32, 16], [8, 8, 16], [128, 128, 128]] as const) {
    const caps = await capsWith(least, most, probed);
    assert.deepEqual(rowVariants(caps), ["thread", "group"]);
    assert.equal(chooseRowVariant({ ...caps, isCpu: false }, 10, 1000), "group");
    const tuned = { ...caps, isCpu: false, tuned: { rows: "subgroup" } };
    assert.equal(chooseRowVariant(tuned, 10, 1000), "group");
  }
});

Deno.test("rows too long for the loops of a CPU adapter are spread over more invocations", async () => {
  const caps = { ...await capsWith(8, 8, 8), isCpu: true };
  assert.equal(chooseRowVariant(caps, 10, 400_000), "subgroup");
  assert.equal(chooseRowVariant(caps, 10, 500_000), "group");
  assert.equal(chooseRowVariant(caps, 10, 400_000, [400_000, 400_000]), "group");
  assert.equal(chooseRowVariant({ ...caps, subgroups: false }, 10, 100_000), "group");
  assert.equal(chooseRowVariant({ ...caps, isCpu: false }, 10, 500_000), "subgroup");
  assert.equal(rowIterations(caps, "subgroup", [17, 8]), 4);
  assert.equal(rowIterations(caps, "group", [65, 1]), 3);
});

Deno.test("a variant for subgroups of one size is refused elsewhere, even when asked for", async () => {
  const varying = await capsWith(8, 32, 16);
  assert.throws(() => rowWorkgroups(varying, "subgroup", 10), /8 to 32 lanes/);
  const wide = await capsWith(128, 128, 128);
  assert.throws(() => rowWorkgroups(wide, "subgroup", 10), /up to 64/);
  assert.throws(() => chooseTile(varying, 64, 64, "lanes"), /8 to 32 lanes/);
  assert.equal(chooseTile({ ...varying, isCpu: true }, 64, 64).variant, "registers");
});

Deno.test("the bounds of an adapter hold what a probe saw", async () => {
  using gpu = await open();
  const { subgroups, subgroupSize, subgroupMinSize, subgroupMaxSize } = gpu.caps;
  assert.equal(subgroupSize > 0, subgroups);
  assert(subgroupMinSize <= subgroupSize && subgroupSize <= subgroupMaxSize);
});
