import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { rowVariants } from "../wgsl/row_walk.ts";
import { meanSquare, normReference } from "../reference/norm.ts";
import { assertClose, testValues } from "../testing/close.ts";
import { channelNorm, layerNorm, rmsNorm } from "./norm.ts";

const SHAPES = [[1, 1], [3, 5], [65, 36], [129, 127], [2061, 24], [263, 768], [2, 4096]] as const;

const silu = (value: number) => value / (1 + Math.exp(-value));

Deno.test("layer norm agrees with float64 for all variants, plain and modulated", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [rows, columns] of SHAPES) {
    using _scope = gpu.scope();
    const x = testValues(rows * columns, 1);
    const [weight, bias, scale, shift] = [2, 3, 4, 5].map((seed) => testValues(columns, seed)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const vector = (values: Float32Array) => gpu.tensor([columns], values);
    const input = {
      x,
      columns,
      centre: true,
      factor: (row: readonly number[]) => 1 / Math.sqrt(meanSquare(row) + 1e-5),
    };
    const affine = normReference({
      ...input,
      finish: (v, c) => v * (weight[c] ?? 0) + (bias[c] ?? 0),
    });
    const modulated = normReference({
      ...input,
      finish: (v, c) => v * (1 + (scale[c] ?? 0)) + (shift[c] ?? 0),
    });
    for (const variant of rowVariants(gpu.caps)) {
      const tensor = gpu.tensor([rows, columns], x);
      const [a, m] = await gpu.read([
        layerNorm(tensor, { weight: vector(weight), bias: vector(bias), variant }),
        layerNorm(tensor, { scale: vector(scale), shift: vector(shift), variant }),
      ]);
      const tolerance = { atol: 5e-6, rtol: 2e-6 };
      assertClose(a ?? [], affine, tolerance, `affine ${variant} ${rows}x${columns}`);
      assertClose(m ?? [], modulated, tolerance, `modulated ${variant} ${rows}x${columns}`);
    }
  }
});

Deno.test("layer norm of a sum agrees with float64 for all variants", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [rows, columns] of SHAPES) {
    using _scope = gpu.scope();
    const [x, residual] = [testValues(rows * columns, 1), testValues(rows * columns, 2)];
    const expected = normReference({
      x: x.map((value, index) => value + (residual[index] ?? 0)),
      columns,
      centre: true,
      factor: (row) => 1 / Math.sqrt(meanSquare(row) + 1e-5),
      finish: (value) => value,
    });
    for (const variant of rowVariants(gpu.caps)) {
      const [y] = await gpu.read([
        layerNorm(gpu.tensor([rows, columns], x), {
          residual: gpu.tensor([rows, columns], residual),
          variant,
        }),
      ]);
      assertClose(y ?? [], expected, { atol: 5e-6, rtol: 2e-6 }, `${variant} ${rows}x${columns}`);
    }
  }
});

Deno.test("layer norm keeps its digits when the mean is a thousand deviations away", async () => {
  using gpu = await open();
  const x = testValues(64 * 768, 6).map((value) => value + 1000);
  const expected = normReference({
    x,
    columns: 768,
    centre: true,
    factor: (row) => 1 / Math.sqrt(meanSquare(row) + 1e-5),
    finish: (value) => value,
  });
  for (const variant of rowVariants(gpu.caps)) {
    const [y] = await gpu.read([layerNorm(gpu.tensor([64, 768], x), { variant })]);
    assertClose(y ?? [], expected, { atol: 5e-4, rtol: 0 }, variant);
  }
});

Deno.test("rms norm and channel norm agree with float64 for all variants", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [rows, columns] of SHAPES) {
    using _scope = gpu.scope();
    const x = testValues(rows * columns, 7);
    const gamma = testValues(columns, 8);
    const rms = normReference({
      x,
      columns,
      centre: false,
      factor: (row) => 1 / Math.sqrt(meanSquare(row) + 1e-6),
      finish: (v, c) => v * (gamma[c] ?? 0),
    });
    const channel = normReference({
      x,
      columns,
      centre: false,
      factor: (row) => Math.sqrt(columns) / Math.max(Math.sqrt(meanSquare(row) * columns), 1e-12),
      finish: (v, c) => silu(v * (gamma[c] ?? 0)),
    });
    for (const variant of rowVariants(gpu.caps)) {
      const tensor = gpu.tensor([rows, columns], x);
      const weight = gpu.tensor([columns], gamma);
      const [r, c] = await gpu.read([
        rmsNorm(tensor, weight, { variant }),
        channelNorm(tensor, weight, { activation: "silu", variant }),
      ]);
      assertClose(r ?? [], rms, { atol: 5e-6, rtol: 2e-6 }, `rms ${variant} ${rows}x${columns}`);
      assertClose(
        c ?? [],
        channel,
        { atol: 5e-6, rtol: 2e-6 },
        `channel ${variant} ${rows}x${columns}`,
      );
    }
  }
});

Deno.test("a norm of nothing but zeros is zero, not NaN", async () => {
  using gpu = await open();
  const zeros = gpu.tensor([4, 8], new Float32Array(32));
  const gamma = gpu.tensor([8], new Float32Array(8).fill(1));
  const read = await gpu.read([channelNorm(zeros, gamma), rmsNorm(zeros, gamma), layerNorm(zeros)]);
  for (const values of read) assert(values.every((value) => value === 0));
});

Deno.test("a norm names a vector that does not fit, and a dtype it does not take", async () => {
  using gpu = await open();
  const x = gpu.tensor([2, 3], new Float32Array(6));
  assert.throws(() => rmsNorm(x, gpu.tensor([2], new Float32Array(2))), ShapeError);
  assert.throws(() => layerNorm(gpu.empty([2, 3], "u32")), ShapeError);
});
