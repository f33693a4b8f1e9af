import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { open } from "../gpu/open.ts";
import { transposedReference } from "../reference/conv.ts";
import { sizeOf } from "../tensor.ts";
import { assertClose, sumTolerance, testValues } from "../testing/close.ts";
import { fixedSubgroup } from "../wgsl/subgroups.ts";
import { convTranspose2d, packTransposed } from "./conv_transpose.ts";
import type { GemmVariant } from "./packed_weight.ts";

type Pair = readonly [number, number];

interface Case {
  readonly x: readonly [number, number, number, number];
  /** Output channels. */
  readonly out: number;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding?: Pair;
  readonly outputPadding?: Pair;
  readonly dilation?: Pair;
  readonly groups?: number;
}

const picture = [1, 5, 7, 12] as const;
const square = (kernel: number, stride: number, padding: number): Case => ({
  x: picture,
  out: 9,
  kernel: [kernel, kernel],
  stride: [stride, stride],
  padding: [padding, padding],
});

const USUAL = [square(2, 2, 0), square(4, 2, 1), square(3, 2, 1), square(4, 4, 0), square(3, 1, 1)];

const UNUSUAL: readonly Case[] = [
  // Outputs that no tap reaches: kernels below the stride, and dilations that share a factor with it.
  { x: picture, out: 8, kernel: [1, 1], stride: [2, 2] },
  { x: picture, out: 5, kernel: [2, 1], stride: [3, 4], padding: [1, 0], outputPadding: [2, 3] },
  { x: picture, out: 4, kernel: [3, 3], stride: [2, 2], dilation: [2, 2], outputPadding: [1, 1] },
  { x: picture, out: 4, kernel: [3, 2], stride: [4, 6], dilation: [2, 4], padding: [1, 3] },
  // Dilations of their own, also beyond the stride; more padding than the kernel reaches.
  { x: picture, out: 6, kernel: [3, 3], stride: [2, 1], dilation: [3, 2], outputPadding: [2, 1] },
  { x: [2, 3, 4, 3], out: 7, kernel: [4, 2], stride: [3, 2], dilation: [2, 3], padding: [2, 1] },
  { x: [1, 6, 5, 4], out: 4, kernel: [2, 1], stride: [2, 3], padding: [3, 2] },
  // Groups, down to one of each channel.
  { x: [2, 4, 3, 12], out: 9, kernel: [3, 2], stride: [2, 2], groups: 3, outputPadding: [1, 0] },
  { x: [1, 4, 5, 8], out: 16, kernel: [4, 4], stride: [2, 2], groups: 2, padding: [1, 1] },
  { x: [1, 5, 4, 6], out: 6, kernel: [3, 3], stride: [2, 2], groups: 6, padding: [1, 1] },
  // A single pixel, and a result that its padding leaves nothing of.
  { x: [1, 1, 1, 5], out: 3, kernel: [5, 3], stride: [4, 2], padding: [1, 0] },
  { x: [1, 1, 3, 4], out: 2, kernel: [2, 2], stride: [2, 2], padding: [1, 0] },
];

const EVERY: readonly GemmVariant[] = ["lanes", "registers", "shared"];

async function tryCase(gpu: Gpu, variant: GemmVariant, shape: Case): Promise<void> {
  using _scope = gpu.scope();
  const { x: xShape, out, kernel, groups = 1 } = shape;
  const channels = xShape[3];
  const options = {
    stride: shape.stride,
    padding: shape.padding ?? [0, 0],
    outputPadding: shape.outputPadding ?? [0, 0],
    dilation: shape.dilation ?? [1, 1],
    groups,
  } as const;
  const wShape = [channels, out / groups, ...kernel] as const;
  const x = testValues(sizeOf(xShape), 1);
  const w = testValues(sizeOf(wShape), 2);
  const bias = testValues(out, 3);
  const { y: sums, shape: outShape } = transposedReference({ x, xShape, w, wShape, ...options });
  const residual = testValues(sums.length, 4);
  const expected = sums.map((sum, at) =>
    Math.max(0, sum + (bias[at % out] ?? 0)) + (residual[at] ?? 0)
  );
  const weight = packTransposed(gpu, w, wShape, { ...options, variant });
  const y = convTranspose2d(gpu.tensor(xShape, x), weight, {
    bias: gpu.tensor([out], bias),
    activation: "relu",
    residual: gpu.tensor(outShape, residual),
  });
  assert.deepEqual(y.shape, outShape);
  const [actual = []] = await gpu.read([y]);
  const depth = channels / groups * kernel[0] * kernel[1];
  assertClose(actual, expected, sumTolerance(depth), `${variant} ${JSON.stringify(shape)}`);
}

Deno.test("transposed convolutions agree with float64 for strides 1, 2 and 4", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const variant of EVERY) {
    if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
    for (const shape of USUAL) await tryCase(gpu, variant, shape);
  }
});

Deno.test("transposed convolutions take groups, dilation and kernels below their stride", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const shape of UNUSUAL) await tryCase(gpu, "registers", shape);
});

Deno.test("phases that no tap reaches are those of zeros in every variant", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const variant of EVERY) {
    if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
    for (const shape of UNUSUAL.slice(0, 2)) await tryCase(gpu, variant, shape);
  }
});

Deno.test("numbers stand for both axes, and the rest for what PyTorch takes", async () => {
  using gpu = await open();
  const w = testValues(4 * 2 * 9, 2);
  const x = gpu.tensor([1, 3, 3, 4], testValues(36, 1));
  const options = { stride: 3, padding: 1, outputPadding: 2, dilation: 2, groups: 2 };
  const pairs = {
    stride: [3, 3],
    padding: [1, 1],
    outputPadding: [2, 2],
    dilation: [2, 2],
    groups: 2,
  } as const;
  const [a, b] = [options, pairs].map((given) =>
    convTranspose2d(x, packTransposed(gpu, w, [4, 2, 3, 3], given))
  );
  assert(a && b);
  assert.deepEqual(a.shape, [1, 11, 11, 4]);
  const [left, right] = await gpu.read([a, b]);
  assert.deepEqual(left, right);
});

Deno.test("a transposed weight of 16 bits does what it says", async () => {
  using gpu = await open();
  const w = testValues(4 * 3 * 6, 2).map((value) => Math.round(value * 8) / 8);
  const x = gpu.tensor([1, 3, 2, 4], testValues(24, 1));
  const [a, b] = (["f32", "f16"] as const).map((stored) =>
    convTranspose2d(x, packTransposed(gpu, w, [4, 3, 3, 2], { stride: [4, 2], stored }))
  );
  assert(a && b);
  const [full, half] = await gpu.read([a, b]);
  assertClose(half ?? [], full ?? [], sumTolerance(8), "eighths");
});

Deno.test("a transposed weight names options that are not possible", async () => {
  using gpu = await open();
  const w = new Float32Array(64);
  const pack = (shape: readonly number[], options: object) => () =>
    packTransposed(gpu, w, shape, { stride: 2, ...options });
  assert.throws(pack([4, 4, 2, 2], { outputPadding: 2 }), /output padding 2/);
  assert.throws(pack([4, 4, 2, 2], { stride: [2, 0] }), /stride 0/);
  assert.throws(pack([4, 4, 2, 2], { padding: 0.5 }), /padding 0.5/);
  assert.throws(pack([4, 4, 2, 2], { groups: 3 }), /3 groups/);
  assert.throws(pack([4, 4, 2, 3], {}), ShapeError);
});

Deno.test("a transposed convolution adds no rows of a table", async () => {
  using gpu = await open();
  const weight = packTransposed(gpu, new Float32Array(64), [4, 4, 2, 2], { stride: 2 });
  const lookup = { table: gpu.empty([3, 4]), rows: gpu.empty([16], "u32") };
  const untyped: object = { lookup };
  assert.throws(() => convTranspose2d(gpu.empty([1, 2, 2, 4]), weight, untyped), /Leave `lookup`/);
});
