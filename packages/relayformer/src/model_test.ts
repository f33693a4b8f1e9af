import assert from "node:assert/strict";
import { loadNetwork } from "@vicinity/checkpoint";
import { type Gpu, open, packSamples } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { RelayFormer, type RelayFormerOutput } from "./model.ts";
import { canvasBytes, placePicture } from "./pre.ts";
import { formulaWeights, TINY } from "./testing/tiny_checkpoint.ts";

function picture(width: number, height: number, seed = 0): RgbPicture {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, at) => 128 + 100 * Math.sin(seed + at * 0.37 + (at % 7) ** 2),
  );
  return { width, height, data };
}

async function load(gpu: Gpu, config = TINY, largestBytes?: number) {
  return await loadNetwork(
    formulaWeights(),
    (parameters, store) => new RelayFormer(parameters, store, config, largestBytes),
    { gpu },
  );
}

function forward(gpu: Gpu, network: RelayFormer, clip: readonly RgbPicture[]): RelayFormerOutput {
  const placed = clip.map((it) => placePicture(it, network.config.canvas, "crop"));
  const { cut } = placed[0] ?? assert.fail();
  const words = packSamples(canvasBytes(placed.map((it) => it.picture), cut));
  return network.forward(gpu.tensor([words.length], words), cut, clip.length);
}

async function masks(gpu: Gpu, output: RelayFormerOutput): Promise<Float32Array[]> {
  const read = await gpu.read(output.frames.map(({ mask }) => mask));
  return read.map((values) => Float32Array.from(values));
}

const distance = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? NaN))), 0);

Deno.test("tiles taken in groups give what all at once give", async () => {
  using gpu = await open({ defaultLimits: true });
  using all = await load(gpu);
  // One tile of (3 + 9) tokens whose widest tensor has 192 channels.
  using groups = await load(gpu, TINY, 3 * 4 * 12 * 192);
  using _scope = gpu.scope();
  const clip = [picture(64, 64, 1), picture(64, 64, 2)];
  const [one, other] = [
    await masks(gpu, forward(gpu, all.network, clip)),
    await masks(gpu, forward(gpu, groups.network, clip)),
  ];
  assert.equal(one.length, 2);
  for (const [frame, mask] of one.entries()) {
    assert.ok(distance(mask, other[frame] ?? assert.fail()) < 1e-5);
  }
});

Deno.test("relay tokens carry what one tile and one frame sees to all others", async () => {
  using gpu = await open();
  using loaded = await load(gpu);
  using _scope = gpu.scope();
  const [first, second] = [picture(64, 64, 1), picture(64, 64, 2)];
  const [alone = assert.fail()] = await masks(gpu, forward(gpu, loaded.network, [first]));
  const [together = assert.fail()] = await masks(
    gpu,
    forward(gpu, loaded.network, [first, second]),
  );
  assert.ok(distance(alone, together) > 1e-3, "the other frame changes the mask");
  const changed = { ...first, data: Uint8Array.from(first.data) };
  changed.data.fill(255, 3 * (60 * 64 + 60), 3 * (60 * 64 + 64));
  const output = forward(gpu, loaded.network, [changed]);
  const [before, after] = await gpu.read([
    forward(gpu, loaded.network, [first]).normed,
    output.normed,
  ]);
  // The first tile does not hold the lower right corner.
  const tile = (values: ArrayLike<number> | undefined) =>
    Float32Array.from({ length: 12 * 64 }, (_, at) => values?.[at] ?? NaN);
  assert.ok(distance(tile(before), tile(after)) > 1e-5);
});

Deno.test("tokens that tiles share are equal at the end", async () => {
  using gpu = await open();
  using loaded = await load(gpu);
  using _scope = gpu.scope();
  const [values = []] = await gpu.read([
    forward(gpu, loaded.network, [picture(64, 64)]).normed,
  ]);
  // Patch (0, 1) of the left tile is patch (0, 0) of the right one: they share two columns of three.
  const token = (tile: number, patch: number) =>
    Float32Array.from({ length: 64 }, (_, c) => values[(tile * 12 + 3 + patch) * 64 + c] ?? NaN);
  assert.equal(distance(token(0, 1), token(1, 0)), 0);
  assert.ok(distance(token(0, 0), token(1, 0)) > 1e-3);
});

Deno.test("a network without registers has one relay token a tile", async () => {
  using gpu = await open();
  using loaded = await load(gpu, { ...TINY, vit: { ...TINY.vit, relayTokens: 1 } });
  using _scope = gpu.scope();
  const output = forward(gpu, loaded.network, [picture(20, 50)]);
  assert.deepEqual(output.relay.map(({ shape }) => shape), [[2, 64]]);
  const [mask = assert.fail()] = await masks(gpu, output);
  assert.ok(mask.every(Number.isFinite));
});
