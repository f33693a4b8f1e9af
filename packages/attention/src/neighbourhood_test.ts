import assert from "node:assert/strict";
import { broadcastLanes, open, ShapeError } from "@vicinity/tensor";
import { attention } from "./ops/attention.ts";
import { neighbourhood, type NeighbourhoodOptions, neighboursOf } from "./neighbourhood.ts";
import { assertCase, runnableVariants } from "./testing/cases.ts";
import { keysOf } from "./vicinity.ts";

/** Grids with residue classes of unequal length, of exactly the smallest size, and smaller. */
const GRIDS: readonly NeighbourhoodOptions[] = [
  { grid: [3], kernel: 3 },
  { grid: [23], kernel: 5, dilation: 4 },
  { grid: [80], kernel: 13, dilation: 6 },
  { grid: [10], kernel: 7, dilation: 3, padding: true },
  { grid: [7, 9], kernel: 3 },
  { grid: [9, 20], kernel: 7, dilation: [1, 2] },
  { grid: [21, 23], kernel: 7, dilation: 3 },
  { grid: [24, 13], kernel: 11 },
  { grid: [37, 50], kernel: 5 },
  { grid: [61, 33], kernel: 3, dilation: 2 },
  { grid: [5, 30], kernel: 3, dilation: 8, padding: true },
  { grid: [1, 1], kernel: 7, dilation: 8, padding: true },
  { grid: [4, 6, 7], kernel: [3, 5, 5] },
  { grid: [5, 7, 4], kernel: 3, dilation: [1, 2, 1] },
  { grid: [2, 4, 5], kernel: 3, dilation: [1, 2, 3], padding: true },
];

const sizeOf = (shape: readonly number[]) => shape.reduce((size, extent) => size * extent, 1);

Deno.test("every query sees kernel keys along each axis, itself among them, and never one twice", () => {
  for (const options of GRIDS) {
    const vicinity = neighbourhood(options);
    const tokens = sizeOf(options.grid);
    const [counts, biases] = [sizeOf(vicinity.kernel), new Set<number>()];
    for (let query = 0; query < tokens; query++) {
      const keys = keysOf(vicinity, query, { keys: tokens });
      assert.equal(keys.length, counts);
      assert(keys.includes(query));
      const real = keys.filter((key) => key < tokens);
      assert.equal(new Set(real).size, real.length);
      const own = neighboursOf(vicinity, query);
      const centre = (sizeOf(vicinity.kernel.map((kernel) => 2 * kernel - 1)) - 1) / 2;
      assert.equal(own.biases[own.tokens.indexOf(query)], centre);
      own.biases.forEach((bias) => biases.add(bias));
    }
    assert(Math.max(...biases) < sizeOf(vicinity.kernel.map((kernel) => 2 * kernel - 1)));
  }
});

Deno.test("neighbourhoods agree with float64 in every variant, with biases and masks", async () => {
  using gpu = await open({ defaultLimits: true });
  const variants = runnableVariants(gpu).filter((variant) => variant !== "scores");
  for (const options of GRIDS) {
    const vicinity = neighbourhood(options);
    const tokens = sizeOf(options.grid);
    const padded = sizeOf(vicinity.padded) > tokens;
    const shape = { vicinity, queries: tokens, keys: tokens + (padded ? 1 : 0), width: 8 };
    const bias = [2, ...vicinity.kernel.map((kernel) => 2 * kernel - 1)];
    await assertCase(gpu, { ...shape, batch: 2, heads: 2, bias }, variants);
    if (broadcastLanes(gpu.caps)) await assertCase(gpu, { ...shape, heads: 2, bias }, ["patches"]);
    if (options.grid.length > 2) continue;
    await assertCase(gpu, { ...shape, batch: 2, masked: true }, variants.slice(0, 1));
  }
});

/** Grids of one to three axes, each as large as its neighbourhoods or, with padding, smaller. */
function randomNeighbourhoods(count: number, seed: number): NeighbourhoodOptions[] {
  let state = seed;
  const upTo = (most: number) => 1 + (state = state * 48271 % 2147483647) % most;
  return Array.from({ length: count }, () => {
    const axes = Array.from({ length: upTo(3) });
    const kernel = axes.map(() => 1 + 2 * upTo(axes.length > 2 ? 1 : 2));
    const dilation = axes.map(() => upTo(axes.length > 2 ? 2 : 4));
    const padding = upTo(3) === 1;
    const grid = kernel.map((extent, axis) => {
      const reach = extent * (dilation[axis] ?? 1);
      return padding ? upTo(reach + 3) : reach + upTo(7) - 1;
    });
    return { grid, kernel, dilation, padding };
  });
}

Deno.test("random neighbourhoods agree with float64, the variants in turn", async () => {
  using gpu = await open({ defaultLimits: true });
  const plain = runnableVariants(gpu).filter((variant) => variant !== "scores");
  const variants = broadcastLanes(gpu.caps) ? [...plain, "patches" as const] : plain;
  for (const [index, options] of randomNeighbourhoods(20, 11).entries()) {
    const vicinity = neighbourhood(options);
    const tokens = sizeOf(options.grid);
    const padded = sizeOf(vicinity.padded) > tokens;
    const heads = 1 + index % 3;
    const bias = [heads, ...vicinity.kernel.map((kernel) => 2 * kernel - 1)];
    const shape = { vicinity, queries: tokens, keys: tokens + (padded ? 1 : 0), width: 8 };
    const variant = variants[index % variants.length];
    await assertCase(gpu, { ...shape, heads, bias }, variant ? [variant] : []);
  }
});

Deno.test("masks hide keys of neighbourhoods along three axes", async () => {
  using gpu = await open({ defaultLimits: true });
  const vicinity = neighbourhood({ grid: [3, 5, 6], kernel: 3, dilation: [1, 1, 2] });
  const [variant = "registers"] = runnableVariants(gpu);
  await assertCase(gpu, { vicinity, batch: 2, queries: 90, width: 8, masked: true }, [variant]);
});

Deno.test("patches that hold whole residue classes or narrow grids agree with float64", async () => {
  using gpu = await open({ defaultLimits: true });
  if (!broadcastLanes(gpu.caps)) return;
  const narrow: readonly NeighbourhoodOptions[] = [
    { grid: [16, 24], kernel: [5, 7], dilation: [2, 3] },
    { grid: [14, 10], kernel: 5, dilation: 2 },
    { grid: [20, 4], kernel: 3 },
  ];
  for (const options of narrow) {
    const vicinity = neighbourhood(options);
    const shape = { vicinity, queries: sizeOf(options.grid), width: 8 };
    await assertCase(gpu, { ...shape, batch: 2 }, ["patches"]);
    const bias = [2, ...vicinity.kernel.map((kernel) => 2 * kernel - 1)];
    await assertCase(gpu, { ...shape, heads: 2, bias }, ["patches"]);
  }
});

Deno.test("what cannot be a neighbourhood is refused with what to do", async () => {
  for (
    const [options, message] of [
      [{ grid: [8, 8], kernel: 8 }, /odd kernels/],
      [{ grid: [8], kernel: 3, dilation: 0 }, /nothing below 1/],
      [{ grid: [8, 8], kernel: [3] }, /1 to 3 axes/],
      [{ grid: [8, 5], kernel: 3, dilation: 2 }, /ask for padding/],
    ] as const
  ) assert.throws(() => neighbourhood(options), message);
  using gpu = await open();
  const x = gpu.empty([1, 2, 20, 4]);
  const grid = neighbourhood({ grid: [4, 5], kernel: 3 });
  const small = neighbourhood({ grid: [4, 5], kernel: 7, padding: true });
  assert.throws(() => attention(x, x, x, small), /give 20 queries and 21 keys/);
  assert.throws(() => attention(x, x, x, grid, { bias: gpu.empty([2, 3, 3]) }), /give \[2 heads/);
  assert.throws(() => attention(x, x, x, grid, { variant: "scores" }), ShapeError);
});
