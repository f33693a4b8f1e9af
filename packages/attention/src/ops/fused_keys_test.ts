import assert from "node:assert/strict";
import { type Gpu, open, ShapeError } from "@vicinity/tensor";
import { assertClose, normalValues } from "@vicinity/tensor/testing";
import { type Factorized, factorized, windowToken } from "../factorized.ts";
import { fusedKeysReference } from "../fused_keys_reference.ts";
import { attentionReference } from "../reference.ts";
import { runnableVariants, TOLERANCE } from "../testing/cases.ts";
import type { FusedKeysVariant } from "../kernels/fused_keys.ts";
import { keysOf } from "../vicinity.ts";
import { attention } from "./attention.ts";
import { fusedKeys } from "./fused_keys.ts";
import { paddedHeadDim } from "./split_heads.ts";

interface Case {
  readonly grid: readonly [number, number];
  readonly dilations: readonly number[];
  readonly heads: number;
  readonly width: number;
  readonly batch?: number;
}

/** Grids that are whole windows, that are not, and the smallest ones; widths below and above a workgroup. */
const CASES: readonly Case[] = [
  { grid: [14, 7], dilations: [1], heads: 1, width: 4 },
  { grid: [4, 11], dilations: [1], heads: 3, width: 7, batch: 2 },
  { grid: [25, 50], dilations: [1, 8], heads: 1, width: 14 },
  { grid: [13, 31], dilations: [1, 4], heads: 2, width: 9, batch: 2 },
  { grid: [9, 20], dilations: [2, 1], heads: 2, width: 33 },
  { grid: [5, 8], dilations: [1], heads: 2, width: 84 },
];

/** Puts runs of `width` values to places `padded` apart. */
function spread(values: Float32Array, width: number, padded: number): Float32Array {
  const runs = values.length / width;
  const result = new Float32Array(runs * padded);
  for (let run = 0; run < runs; run++) {
    result.set(values.subarray(run * width, (run + 1) * width), run * padded);
  }
  return result;
}

async function compare(
  gpu: Gpu,
  variant: FusedKeysVariant,
  { grid, dilations, heads, width, batch = 1 }: Case,
) {
  using _scope = gpu.scope();
  const [groups, padded, tokens] = [dilations.length, paddedHeadDim(width), grid[0] * grid[1]];
  const vicinities = dilations.map((dilation) => factorized({ grid, dilation }));
  const share = heads * width;
  const x = normalValues(batch * tokens * groups * share, 1);
  const weight = normalValues(groups * width * 2 * width, 2);
  const bias = normalValues(groups * 2 * width, 3);
  const filters = normalValues(groups * 9 * share, 4);
  const filterBias = normalValues(groups * share, 5);
  const upload = (values: Float32Array) => {
    const padding = spread(values, width, padded);
    return gpu.tensor([padding.length], padding);
  };
  const fused = fusedKeys(
    gpu.tensor([batch, tokens, groups * share], x),
    vicinities,
    { heads, width },
    {
      weight: upload(weight),
      bias: upload(bias),
      filters: upload(filters),
      filterBias: upload(filterBias),
    },
    { variant },
  );
  const [keys = [], values = []] = await gpu.read([fused.keys, fused.values]);
  const part = (all: Float32Array, group: number) => {
    const size = all.length / groups;
    return all.subarray(group * size, (group + 1) * size);
  };
  for (const [group, vicinity] of vicinities.entries()) {
    const own = x.filter((_, at) => Math.floor(at % (groups * share) / share) === group);
    const expected = fusedKeysReference({
      ...{ x: own, batch, heads, width, vicinity },
      weight: part(weight, group),
      bias: part(bias, group),
      filters: part(filters, group),
      filterBias: part(filterBias, group),
    });
    const size = batch * heads * 49 * padded;
    const cut = (all: ArrayLike<number>) =>
      Array.from(all).slice(group * size, (group + 1) * size).filter((_, at) =>
        at % padded < width
      );
    const name = `of group ${group} on [${grid}], ${variant}`;
    assertClose(cut(keys), expected.keys, TOLERANCE, `keys ${name}`);
    assertClose(cut(values), expected.values, TOLERANCE, `values ${name}`);
  }
}

Deno.test("fused keys are those of the definition on awkward grids", async () => {
  using gpu = await open({ debug: true });
  for (const variant of ["workgroup", "invocation"] as const) {
    for (const which of CASES) await compare(gpu, variant, which);
  }
});

Deno.test("pooling runs along windows and channels, not along windows alone", () => {
  const vicinity = factorized({ grid: [1, 2], size: 1 });
  const { keys } = fusedKeysReference({
    ...{ batch: 1, heads: 1, width: 2, vicinity, x: [1, 3, 10, 30] },
    weight: [1, 0, 0, 0, 0, 1, 0, 0],
    bias: [0, 0, 0, 0],
    filters: new Float64Array(18),
    filterBias: [0, 0],
  });
  assert.deepEqual([...keys], [2, 20]);
});

Deno.test("a factorized vicinity names the tokens that its keys are made of", () => {
  const whole = factorized({ grid: [7, 14] });
  assert.deepEqual(keysOf(whole, 5, { keys: 98 }).toSorted((a, b) => a - b), [...Array(98).keys()]);
  const dilated = factorized({ grid: [13, 13], dilation: 2 });
  assert.deepEqual(keysOf(dilated, 0, { keys: 169 }).slice(0, 8), [0, 2, 4, 6, 8, 10, 12, 26]);
  const mirrored = factorized({ grid: [4, 4] });
  assert.equal(windowToken(mirrored, 0, 48), 0);
  assert.throws(() => factorized({ grid: [3, 7] }), /Give at least 4 rows/);
  assert.throws(() => factorized({ grid: [24, 49], dilation: 8 }), /at least 25 rows/);
  assert.throws(() => factorized({ grid: [0, 7] }), ShapeError);
});

Deno.test("every query attends to all fused keys", async () => {
  using gpu = await open();
  const vicinity: Factorized = factorized({ grid: [5, 6], size: 3 });
  const [q, k, v] = [normalValues(30 * 8, 1), normalValues(9 * 8, 2), normalValues(9 * 8, 3)];
  const tensor = (count: number, values: Float32Array) => gpu.tensor([1, 1, count, 8], values);
  const shape = { batch: 1, heads: 1, queries: 30, keys: 9, width: 8 };
  const expected = attentionReference({ q, k, v, shape, vicinity, scale: 0.3 });
  for (const variant of runnableVariants(gpu)) {
    const given = [tensor(30, q), tensor(9, k), tensor(9, v)] as const;
    const [y = []] = await gpu.read([attention(...given, vicinity, { scale: 0.3, variant })]);
    assertClose(y, expected, TOLERANCE, variant);
  }
  const few = tensor(8, k.subarray(8));
  assert.throws(() => attention(tensor(30, q), few, few, vicinity), /9 fused keys/);
});

Deno.test("fused keys name what does not fit", async () => {
  using gpu = await open();
  const vicinity = factorized({ grid: [7, 7] });
  const none = gpu.empty([1]);
  const weights = { weight: none, bias: none, filters: none, filterBias: none };
  const x = gpu.empty([1, 49, 8]);
  const extents = { heads: 2, width: 4 };
  assert.throws(() => fusedKeys(x, [], extents, weights), /one or two vicinities/);
  assert.throws(() => fusedKeys(x, [vicinity, vicinity], extents, weights), /\[batch, 49, 16\]/);
  assert.throws(() => fusedKeys(x, [vicinity], extents, weights), /with weight \[1\]/);
  const half = gpu.empty([1, 49, 8], "f16");
  const fitting = {
    weight: gpu.empty([1, 4, 8]),
    bias: gpu.empty([1, 8]),
    filters: gpu.empty([1, 9, 8]),
    filterBias: gpu.empty([1, 8]),
  };
  assert.throws(() => fusedKeys(half, [vicinity], extents, fitting), /x is f16/);
  const before = gpu.stats.liveBytes;
  const { keys, values } = fusedKeys(x, [vicinity], extents, fitting);
  for (const result of [keys, values]) gpu.free(result);
  assert.equal(gpu.stats.liveBytes, before, "nothing but keys and values stays in memory");
  const mixed = { ...fitting, filters: gpu.empty([1, 9, 8], "u32") };
  assert.throws(() => fusedKeys(x, [vicinity], extents, mixed), /filters is u32/);
});
