import assert from "node:assert/strict";
import { type Caps, open, tuningKey } from "@vicinity/tensor";
import type { AccessSpec } from "../kernels/access.ts";
import { neighbourhood } from "../neighbourhood.ts";
import { chooseVariant, streamIterations, streamSpec } from "./kernel_choice.ts";
import { patchSpec } from "./neighbour_patches.ts";

const DENSE: AccessSpec = { tables: false, listed: false, bias: false, mask: false };

const EIGHT_LANES = {
  subgroups: true,
  subgroupSize: 8,
  subgroupMinSize: 8,
  subgroupMaxSize: 8,
};

async function someCaps(): Promise<Caps> {
  using gpu = await open({ defaultLimits: true });
  return gpu.caps;
}

const extents = (keys: number, quads: number) => ({ quads, queries: keys, keys, blocks: 1 });

Deno.test("GPUs get tiles, wide heads scores in memory, or a bias and the general kernel", async () => {
  const gpu = { ...await someCaps(), isCpu: false };
  assert.equal(chooseVariant(gpu, DENSE, extents(1000, 32)), "tile");
  assert.equal(chooseVariant(gpu, DENSE, extents(1000, 33)), "scores");
  assert.equal(chooseVariant(gpu, { ...DENSE, bias: true }, extents(1000, 33)), "registers");
});

Deno.test("neighbourhoods run in patches on CPU adapters, and never by scores in memory", async () => {
  const caps = await someCaps();
  const neighbours = { kernel: [1, 7, 7], tile: [1, 4, 8], union: [1, 10, 14] } as const;
  const spec = { ...DENSE, neighbours };
  const wide = { ...extents(140, 33), queries: 32 };
  const [cpu, card] = [true, false].map((isCpu) => ({ ...caps, isCpu, tuned: {} }));
  assert(cpu && card);
  assert.equal(chooseVariant(cpu, spec, extents(140, 8), { patches: true }), "patches");
  assert.equal(chooseVariant(card, spec, extents(140, 8), { patches: true }), "tile");
  assert.equal(chooseVariant(card, spec, wide), "registers");
  const key = tuningKey("neighbourhood", { neighbours: 49, width: 32 });
  const tuned = (isCpu: boolean, variant: string) => ({
    ...caps,
    isCpu,
    tuned: { [key]: variant },
  });
  const choose = (isCpu: boolean, variant: string, patches: boolean) =>
    chooseVariant(tuned(isCpu, variant), spec, extents(140, 8), { patches });
  assert.equal(choose(true, "tile", true), "tile");
  assert.equal(choose(false, "patches", true), "patches");
  assert.equal(choose(false, "patches", false), "tile");
});

Deno.test("neighbourhoods run in patches only where an invocation has several of these", async () => {
  const cpu = { ...await someCaps(), isCpu: true, ...EIGHT_LANES };
  const patched = (kernel: number | readonly number[], grid: readonly number[]) =>
    patchSpec(neighbourhood({ grid, kernel }), cpu, 8) !== undefined;
  assert.ok(patched(7, [48, 48]) && patched(13, [48, 48]));
  assert.ok(!patched(15, [48, 48]) && !patched(7, [16, 16, 16]));
});

Deno.test("CPU adapters broadcast within subgroups, and never loop beyond what they can", async () => {
  const cpu = { ...await someCaps(), isCpu: true, ...EIGHT_LANES };
  assert.equal(chooseVariant(cpu, DENSE, extents(40, 6)), "lanes");
  assert.equal(chooseVariant({ ...cpu, subgroups: false }, DENSE, extents(40, 6)), "registers");
  assert.equal(chooseVariant(cpu, DENSE, extents(100_000, 32)), "scores");
  const key = tuningKey("attention", { queries: 4096, keys: 4096, width: 128 });
  const tuned = { ...cpu, tuned: { [key]: "lanes" } };
  assert.equal(chooseVariant(tuned, DENSE, extents(4096, 32)), "lanes");
  assert.equal(chooseVariant(tuned, DENSE, extents(100_000, 32)), "scores");
});

Deno.test("where kernels differ in their lanes nothing is broadcast, not even on demand", async () => {
  const varying = { ...await someCaps(), isCpu: true, ...EIGHT_LANES, subgroupMaxSize: 32 };
  assert.equal(chooseVariant(varying, DENSE, extents(40, 6)), "registers");
  const key = tuningKey("attention", { queries: 40, keys: 40, width: 24 });
  const tuned = (variant: string) => ({ ...varying, tuned: { [key]: variant } });
  assert.equal(chooseVariant(tuned("lanes"), DENSE, extents(40, 6)), "registers");
  assert.equal(chooseVariant(tuned("tile"), DENSE, extents(40, 6)), "tile");
  assert.equal(chooseVariant(tuned("tile"), DENSE, extents(80, 6)), "registers");
  assert.equal(patchSpec(neighbourhood({ grid: [8, 8], kernel: 3 }), varying, 4), undefined);
  assert.throws(
    () => streamSpec(varying, DENSE, { variant: "lanes", queries: 40, keys: 40 }),
    /8 to 32 lanes/,
  );
});

Deno.test("tiles of the streaming kernel fit the lists and leave few slots idle", async () => {
  const caps = { ...await someCaps(), isCpu: true, ...EIGHT_LANES };
  for (let length = 1; length <= 300; length++) {
    const spec = streamSpec(caps, DENSE, { variant: "lanes", queries: length, keys: length });
    assert(spec.keys % 8 === 0 || spec.keys === length, `${length} keys by ${spec.keys}`);
    assert(spec.keys <= 64 && spec.rows <= 4);
    const idle = Math.ceil(length / spec.keys) * spec.keys - length;
    assert(idle < 8 || idle < length / 4, `${length} keys by ${spec.keys}`);
    const iterations = streamIterations(spec, { quads: 6, keys: length, blocks: 2 });
    assert.equal(iterations, 2 * (1 + Math.ceil(length / spec.keys) * 13));
  }
});
