import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { open } from "../gpu/open.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { testValues } from "../testing/close.ts";
import { rowVariants } from "../wgsl/row_walk.ts";
import { fixedSubgroup } from "../wgsl/subgroups.ts";
import { cast } from "./cast.ts";
import { conv2d } from "./conv2d.ts";
import { conv3d, joinFrames } from "./conv3d.ts";
import { convTranspose2d, packTransposed } from "./conv_transpose.ts";
import { linear } from "./linear.ts";
import { concat, permute, slice } from "./movement.ts";
import { channelNorm, layerNorm, rmsNorm } from "./norm.ts";
import { type GemmVariant, packWeight } from "./packed_weight.ts";
import { pixelShuffle, pixelUnshuffle } from "./pixel_shuffle.ts";

/** Half a step of 11 significant bits, and as much again for sums in another order. */
const STEP = 2 ** -10;

/** An operation over tensors of one dtype, by the shapes of these. */
interface Trial {
  readonly shapes: readonly (readonly number[])[];
  readonly run: (gpu: Gpu, tensors: readonly Tensor[]) => Tensor;
}

function vector(gpu: Gpu, count: number): Tensor {
  return gpu.tensor([count], testValues(count, 9));
}

function pack(gpu: Gpu, shape: readonly number[], variant?: GemmVariant) {
  return packWeight(gpu, testValues(sizeOf(shape), 8), shape, variant ? { variant } : {});
}

function gemms(gpu: Gpu): Trial[] {
  const variants: GemmVariant[] = fixedSubgroup(gpu.caps)
    ? ["lanes", "registers", "shared"]
    : ["registers", "shared"];
  return variants.flatMap((variant): Trial[] => [
    {
      shapes: [[2, 9, 16], [2, 9, 12]],
      run: (gpu, [x, residual] = []) =>
        linear(given(x), pack(gpu, [12, 16], variant), {
          bias: vector(gpu, 12),
          activation: "gelu",
          scale: vector(gpu, 12),
          residual: given(residual),
        }),
    },
    {
      shapes: [[1, 5, 6], [1, 5, 7]],
      run: (gpu, [x, residual] = []) =>
        linear(given(x), pack(gpu, [7, 6], variant), { residual: given(residual) }),
    },
    {
      shapes: [[1, 6, 5, 8]],
      run: (gpu, [x]) => conv2d(given(x), pack(gpu, [6, 8, 3, 3], variant), { padding: 1 }),
    },
    {
      shapes: [[1, 3, 4, 8]],
      run: (gpu, [x]) => {
        const values = testValues(8 * 6 * 16, 7);
        const weight = packTransposed(gpu, values, [8, 6, 4, 4], {
          stride: 2,
          padding: 1,
          variant,
        });
        return convTranspose2d(given(x), weight);
      },
    },
  ]);
}

function norms(gpu: Gpu): Trial[] {
  return rowVariants(gpu.caps).flatMap((variant): Trial[] => [
    {
      shapes: [[7, 24], [7, 24]],
      run: (gpu, [x, residual] = []) =>
        layerNorm(given(x), { residual: given(residual), weight: vector(gpu, 24), variant }),
    },
    {
      shapes: [[3, 5, 7]],
      run: (gpu, [x]) => channelNorm(given(x), vector(gpu, 7), { activation: "silu", variant }),
    },
    { shapes: [[9, 20]], run: (gpu, [x]) => rmsNorm(given(x), vector(gpu, 20), { variant }) },
  ]);
}

const VIDEO: Trial = {
  shapes: [[2, 4, 5, 8], [2, 4, 5, 8]],
  run: (gpu, [x, history] = []) =>
    conv3d(given(x), pack(gpu, [4, 8, 3, 3, 3]), { history: given(history), padding: 1 }),
};

const MOVES: readonly Trial[] = [
  { shapes: [[2, 3, 4], [5, 3, 4]], run: (_, [x, y]) => joinFrames(given(x), given(y)) },
  { shapes: [[3, 7, 6]], run: (_, [x]) => slice(given(x), 1, 2, 3) },
  { shapes: [[3, 7, 6], [3, 7, 2]], run: (_, [x, y]) => concat([given(x), given(y)], 2) },
  { shapes: [[3, 7, 12]], run: (_, [x]) => permute(given(x), [1, 0, 2]) },
  { shapes: [[1, 3, 4, 12]], run: (_, [x]) => pixelShuffle(given(x), 2) },
  { shapes: [[1, 4, 6, 3]], run: (_, [x]) => pixelUnshuffle(given(x), 2) },
];

function given(tensor: Tensor | undefined): Tensor {
  assert.ok(tensor);
  return tensor;
}

Deno.test("what takes f16 gives the rounded results of the same values in f32", async () => {
  using gpu = await open();
  if (!gpu.caps.f16) return;
  for (const { shapes, run } of [...gemms(gpu), ...norms(gpu), VIDEO, ...MOVES]) {
    using _scope = gpu.scope();
    const halves = shapes.map((shape, index) =>
      cast(gpu.tensor(shape, testValues(sizeOf(shape), index + 1)), "f16")
    );
    const half = run(gpu, halves);
    const whole = run(gpu, halves.map((tensor) => cast(tensor, "f32")));
    const [actual = [], expected = []] = await gpu.read([cast(half, "f32"), whole]);
    assert.equal(actual.length, expected.length);
    actual.forEach((value, index) => {
      const exact = expected[index] ?? NaN;
      const close = Math.abs(value - exact) <= STEP * Math.abs(exact) + 1e-6;
      assert.ok(close, `${run}: ${value} at ${index}, expected ${exact}`);
    });
  }
});

Deno.test("f16 stays f16 through convolutions and norms, and takes half the memory", async () => {
  using gpu = await open();
  if (!gpu.caps.f16) return;
  const x = cast(gpu.tensor([1, 4, 4, 8], testValues(128, 1)), "f16");
  const y = channelNorm(conv2d(x, pack(gpu, [16, 8, 1, 1])), vector(gpu, 16));
  assert.equal(y.dtype, "f16");
  assert.equal(y.storage.bytes, 4 * 4 * 16 * 2);
});

Deno.test("a cast keeps what 16 bits can hold, any number of elements, and refuses integers", async () => {
  using gpu = await open();
  const numbers = gpu.tensor([3], new Uint32Array(3));
  assert.throws(() => cast(numbers, "f16"), ShapeError);
  const x = gpu.tensor([5], Float32Array.of(1, -0.5, 65504, 2 ** -14, 0));
  if (!gpu.caps.f16) {
    assert.throws(() => cast(x, "f16"), /shader-f16/);
    return;
  }
  assert.equal(cast(x, "f32"), x);
  const [values = []] = await gpu.read([cast(cast(x, "f16"), "f32")]);
  assert.deepEqual([...values], [1, -0.5, 65504, 2 ** -14, 0]);
});

Deno.test("moves that would part a pair of 16-bit elements are refused", async () => {
  using gpu = await open();
  const x = gpu.empty([3, 4, 3], "f16");
  assert.throws(() => slice(x, 1, 1, 2), /even numbers of 16-bit/);
});
