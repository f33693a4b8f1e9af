import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { groupNormReference } from "../reference/norm.ts";
import { assertClose, testValues } from "../testing/close.ts";
import { rowVariants } from "../wgsl/row_walk.ts";
import { groupNorm } from "./group_norm.ts";

const SHAPES = [
  { shape: [1, 1, 4], groups: 2 },
  { shape: [2, 33, 6], groups: 3 },
  { shape: [2, 5, 7, 12], groups: 4 },
  { shape: [1, 65, 129, 32], groups: 8 },
  { shape: [3, 2049, 5], groups: 1 },
  { shape: [1, 17, 16], groups: 16 },
];

Deno.test("group norm agrees with float64 for all variants", async () => {
  using gpu = await open({ defaultLimits: true });
  const variants = rowVariants(gpu.caps);
  for (const { shape, groups } of SHAPES) {
    using _scope = gpu.scope();
    const [channels, images] = [shape.at(-1) ?? 1, shape[0] ?? 1];
    const size = shape.reduce((a, b) => a * b);
    const [x, weight, bias] = [
      testValues(size, 1),
      testValues(channels, 2),
      testValues(channels, 3),
    ];
    const expected = groupNormReference({
      x,
      shape: [images, size / images / channels, channels],
      groups,
      eps: 1e-5,
      finish: (value, c) => {
        const v = value * (weight[c] ?? 0) + (bias[c] ?? 0);
        return v / (1 + Math.exp(-v));
      },
    });
    for (const variant of variants) {
      const [y] = await gpu.read([groupNorm(gpu.tensor(shape, x), {
        groups,
        weight: gpu.tensor([channels], weight),
        bias: gpu.tensor([channels], bias),
        activation: "silu",
        variant,
      })]);
      assertClose(y ?? [], expected, { atol: 5e-6, rtol: 0 }, `${variant} [${shape}]`);
    }
  }
});

Deno.test("group norm keeps its digits when the mean is a thousand deviations away", async () => {
  using gpu = await open();
  const x = testValues(1 * 5000 * 8, 4).map((value) => value + 1000);
  const expected = groupNormReference({
    x,
    shape: [1, 5000, 8],
    groups: 2,
    eps: 1e-5,
    finish: (value) => value,
  });
  const [y] = await gpu.read([groupNorm(gpu.tensor([1, 5000, 8], x), { groups: 2 })]);
  assertClose(y ?? [], expected, { atol: 5e-4, rtol: 0 }, "mean 1000");
});

Deno.test("group norm names groups and vectors that do not fit", async () => {
  using gpu = await open();
  const x = gpu.tensor([1, 2, 6], new Float32Array(12));
  assert.throws(() => groupNorm(x, { groups: 4 }), ShapeError);
  const weight = gpu.tensor([5], new Float32Array(5));
  assert.throws(() => groupNorm(x, { groups: 2, weight }), ShapeError);
});

Deno.test("groups of more values than an adapter loops over are combined as a whole", async () => {
  using gpu = await open();
  const [positions, channels] = [1024, 8704];
  const x = new Float32Array(positions * channels).fill(2, positions * channels / 2);
  const [y = []] = await gpu.read([groupNorm(gpu.tensor([1, positions, channels], x), {
    groups: 1,
    eps: 0,
  })]);
  for (const [at, expected] of [[0, -1], [channels, -1], [x.length - 1, 1]] as const) {
    assertClose(y.slice(at, at + 1), Float64Array.of(expected), { atol: 1e-5, rtol: 0 }, `${at}`);
  }
});
