import assert from "node:assert/strict";
import { open, ShapeError } from "@vicinity/tensor";
import { attentionReference } from "../reference.ts";
import { prepareVicinity } from "../prepared.ts";
import { dense, gathered, sparseLocal, type Vicinity, window } from "../vicinity.ts";
import { attention } from "./attention.ts";

/** Pseudo-random values, roughly normal, the same for the same seed. */
function values(count: number, seed: number): Float32Array {
  let state = seed * 7919 + 1;
  const uniform = () => (state = state * 48271 % 2147483647) / 2147483647;
  return Float32Array.from(
    { length: count },
    () => uniform() + uniform() + uniform() + uniform() + uniform() + uniform() - 3,
  );
}

interface Case {
  readonly vicinity: Vicinity;
  readonly batch?: number;
  readonly heads?: number;
  readonly queries: number;
  readonly keys?: number;
  readonly width?: number;
}

const CASES: readonly Case[] = [
  ...[1, 7, 33, 65, 130].map((queries) => ({ vicinity: dense(), queries })),
  { vicinity: dense(), batch: 2, heads: 3, queries: 17, keys: 5, width: 8 },
  { vicinity: window({ grid: [8, 12], size: [4, 4] }), queries: 96, heads: 2, width: 24 },
  { vicinity: window({ grid: [7, 5], size: [3, 2], shift: [1, 1] }), queries: 35, batch: 2 },
  {
    vicinity: gathered({ queries: [[3, 1], [0, 2, 4]], keys: [[0, 5, 9, 2, 7], [1]] }),
    queries: 5,
    keys: 10,
    width: 12,
  },
  { vicinity: sparseLocal({ grid: [3, 6, 8], window: [3, 4], topk: 1 }), queries: 144, heads: 2 },
  { vicinity: sparseLocal({ grid: [2, 5, 7], window: [2, 3], topk: 2 }), queries: 70, width: 20 },
  { vicinity: sparseLocal({ grid: [1, 4, 4], window: [4, 4], topk: 1 }), queries: 16 },
  { vicinity: sparseLocal({ grid: [1, 4, 8], window: [4, 4], topk: 9 }), queries: 32, batch: 2 },
];

Deno.test("attention agrees with float64 for every vicinity and variant", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const { vicinity, batch = 1, heads = 1, queries, keys = queries, width = 16 } of CASES) {
    const q = values(batch * heads * queries * width, 1);
    const k = values(batch * heads * keys * width, 2);
    const v = values(batch * heads * keys * width, 3);
    const scale = 1 / Math.sqrt(width);
    const shape = { batch, heads, queries, keys, width };
    const expected = attentionReference({ q, k, v, shape, vicinity, scale });
    const prepared = prepareVicinity(gpu, vicinity);
    const variants = gpu.caps.subgroups && gpu.caps.isCpu
      ? ["broadcast", "plain"] as const
      : ["plain"] as const;
    for (const variant of variants) {
      using _scope = gpu.scope();
      const y = attention(
        gpu.tensor([batch, heads, queries, width], q),
        gpu.tensor([batch, heads, keys, width], k),
        gpu.tensor([batch, heads, keys, width], v),
        prepared,
        { variant },
      );
      assert.deepEqual(y.shape, [batch, queries, heads, width]);
      const [actual = []] = await gpu.read([y]);
      for (const [index, value] of expected.entries()) {
        const error = Math.abs((actual[index] ?? NaN) - value);
        assert(
          error <= 5e-6 + 2e-5 * Math.abs(value),
          `${vicinity.kind} ${variant} of ${queries}: value ${index} is off by ${error}`,
        );
      }
    }
    prepared.dispose();
  }
});

Deno.test("dense attention in chunks of scores is that of the whole", async () => {
  using gpu = await open();
  const [heads, tokens, width] = [2, 3000, 4];
  const q = values(heads * tokens * width, 4);
  const prepared = prepareVicinity(gpu, dense());
  const tensor = gpu.tensor([1, heads, tokens, width], q);
  const [y = []] = await gpu.read([attention(tensor, tensor, tensor, prepared)]);
  const shape = { batch: 1, heads, queries: tokens, keys: tokens, width };
  const expected = attentionReference({ q, k: q, v: q, shape, vicinity: dense(), scale: 0.5 });
  for (const index of [0, 5, tokens * heads * width - 1, 12_345, 20_001]) {
    assert(Math.abs((y[index] ?? NaN) - (expected[index] ?? 0)) < 5e-6);
  }
});

Deno.test("attention names tensors that do not fit", async () => {
  using gpu = await open();
  const q = gpu.empty([1, 1, 4, 6]);
  assert.throws(() => attention(q, q, q, prepareVicinity(gpu, dense())), ShapeError);
});
