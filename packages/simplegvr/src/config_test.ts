import type { WeightSource } from "@vicinity/checkpoint";
import { openCheckpoint } from "@vicinity/checkpoint/deno";
import { sizeOf } from "@vicinity/tensor";
import assert from "node:assert/strict";
import { type VariantName, VARIANTS } from "./config.ts";
import { describeSimpleGvr } from "./describe.ts";
import { SimpleGvr } from "./model.ts";

/** A part of a model file: those of the autoencoder by their place in it. */
function partOf(key: string): string {
  const [first, second] = key.split(".");
  if (first === "vae") return `vae.${second}`;
  return first === "upsampler" ? first : "dit";
}

/** Parameters of each part, in millions, as the networks of a variant ask for them. */
function millions(name: VariantName): Record<string, number> {
  const counts: Record<string, number> = {};
  const asking: WeightSource = {
    name: "asking",
    keys: () => [],
    find: (key, shape = []) => {
      counts[partOf(key)] = (counts[partOf(key)] ?? 0) + sizeOf(shape);
      const chunks = async function* () {};
      return { dtype: "F32", shape, float32: () => Promise.reject(), chunks };
    },
  };
  SimpleGvr.check(asking, VARIANTS[name]);
  return Object.fromEntries(Object.entries(counts).map(([part, count]) => [part, count / 1e6]));
}

/** Millions of parameters: encoder, decoder, upsampler, transformer. */
const SIZES: readonly (readonly [VariantName, number, number, number, number])[] = [
  ["mini-xs", 0.43, 0.67, 0.46, 0.30],
  ["mini-s", 0.74, 1.14, 0.81, 0.75],
  ["mini-m", 1.66, 2.49, 1.81, 1.72],
  ["base", 53.60, 73.30, 3.45, 22.52],
  ["large", 53.60, 73.30, 13.69, 132.12],
];

for (const [name, encoder, decoder, upsampler, dit] of SIZES) {
  Deno.test(`${name} has as many parameters as its formulas say`, () => {
    const counts = millions(name);
    const expected = { "vae.encoder": encoder, "vae.decoder": decoder, upsampler, dit };
    for (const [part, count] of Object.entries(expected)) {
      assert.equal(counts[part]?.toFixed(2), count.toFixed(2), part);
    }
  });
}

Deno.test("wan1.3b is Wan2.1-T2V-1.3B with 16 more channels in, on Wan2.1's autoencoder", () => {
  const { dit, ...counts } = millions("wan1.3b");
  // Each added channel of a 2 × 2 patch meets each of the 1536 channels of a token.
  assert.equal(dit, (1_418_996_800 + 16 * 4 * 1536) / 1e6);
  assert.equal(counts.upsampler?.toFixed(1), "54.5");
  const vae = ["encoder", "decoder", "conv1", "conv2"].map((part) => counts[`vae.${part}`] ?? 0);
  assert.equal(vae.reduce((a, b) => a + b).toFixed(6), "126.892531");
});

Deno.test("the shipped file is the variant of its name", async () => {
  const file = new URL("../../../models/simplegvr-mini-xs/model.safetensors", import.meta.url);
  using checkpoint = await openCheckpoint(file);
  assert.deepEqual(describeSimpleGvr(checkpoint), VARIANTS["simplegvr-mini-xs"]);
});
