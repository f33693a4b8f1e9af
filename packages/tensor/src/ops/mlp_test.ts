import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { activationReference } from "../reference/activation.ts";
import { convReference } from "../reference/conv.ts";
import { sizeOf } from "../tensor.ts";
import { tuningKey } from "../tune/tuning.ts";
import { assertClose, sumTolerance, testValues } from "../testing/close.ts";
import type { Activation } from "../wgsl/activation.ts";
import { chooseMlp, fusedMlp } from "./mlp.ts";

interface Case {
  readonly shape: readonly [number, number, number, number];
  readonly hidden: number;
  readonly convolved: boolean;
  readonly activation: Activation;
  readonly residual: boolean;
}

/** Maps smaller than a tile, one pixel beyond it, and of one row; widths from the least to the most. */
const CASES: readonly Case[] = [
  { shape: [2, 9, 13, 8], hidden: 24, convolved: true, activation: "gelu", residual: true },
  { shape: [1, 3, 5, 24], hidden: 8, convolved: true, activation: "relu", residual: false },
  { shape: [1, 8, 17, 128], hidden: 16, convolved: true, activation: "gelu", residual: true },
  { shape: [2, 1, 11, 16], hidden: 40, convolved: false, activation: "gelu", residual: true },
  { shape: [1, 10, 7, 64], hidden: 16, convolved: false, activation: "gelu_tanh", residual: false },
];

/** `w` is `[out, in]`. */
function layer(x: ArrayLike<number>, w: Float32Array, bias: Float32Array): Float64Array {
  const [out, input] = [bias.length, w.length / bias.length];
  return Float64Array.from({ length: x.length / input * out }, (_, at) => {
    const [row, o] = [Math.floor(at / out), at % out];
    let sum = bias[o] ?? 0;
    for (let i = 0; i < input; i++) sum += (x[row * input + i] ?? 0) * (w[o * input + i] ?? 0);
    return sum;
  });
}

/** Values for the weights of a case; `between` has the rows bias, bias of the convolution, taps. */
function weightsOf({ shape, hidden, convolved }: Case) {
  const dim = shape[3];
  const scaled = (count: number, seed: number, width: number) =>
    testValues(count, seed).map((v) => v / Math.sqrt(width));
  return {
    fc1: scaled(hidden * dim, 2, dim),
    between: testValues((convolved ? 11 : 1) * hidden, 3),
    fc2: scaled(hidden * dim, 4, hidden),
    bias: testValues(dim, 5),
  };
}

function reference(which: Case, x: Float32Array, residual: Float32Array): Float64Array {
  const { shape: [batch, rows, cols], hidden, convolved, activation } = which;
  const { fc1, between, fc2, bias } = weightsOf(which);
  let values = layer(x, fc1, between.subarray(0, hidden));
  if (convolved) {
    const taps = between.subarray(2 * hidden);
    const sums = convReference({
      x: values,
      xShape: [batch, rows, cols, hidden],
      w: taps.map((_, at) => taps[at % 9 * hidden + Math.floor(at / 9)] ?? 0),
      wShape: [hidden, 1, 1, 3, 3],
      groups: hidden,
      padding: [[0, 0], [1, 1], [1, 1]],
    });
    values = sums.y.map((sum, at) => sum + (between[hidden + at % hidden] ?? 0));
  }
  const y = layer(values.map(activationReference[activation]), fc2, bias);
  return which.residual ? y.map((sum, at) => sum + (residual[at] ?? 0)) : y;
}

Deno.test("MLPs without hidden values in memory agree with float64", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const which of CASES) {
    const { shape, hidden, activation } = which;
    const [x, residual] = [testValues(sizeOf(shape), 1), testValues(sizeOf(shape), 6)];
    const { fc1, between, fc2, bias } = weightsOf(which);
    const y = fusedMlp(
      gpu.tensor(shape, x),
      {
        fc1: gpu.tensor([hidden, shape[3]], fc1),
        between: gpu.tensor([between.length / hidden, hidden], between),
        fc2: gpu.tensor([shape[3], hidden], fc2),
        bias: gpu.tensor([shape[3]], bias),
      },
      { activation, ...(which.residual ? { residual: gpu.tensor(shape, residual) } : {}) },
    );
    const [actual = []] = await gpu.read([y]);
    const tolerance = sumTolerance(hidden * 9);
    assertClose(actual, reference(which, x, residual), tolerance, `[${shape}] by ${hidden}`);
  }
});

Deno.test("an MLP in one kernel names what does not fit, and is taken where it was measured to be faster", async () => {
  using gpu = await open();
  const tensor = (...shape: number[]) => gpu.empty(shape);
  const weights = {
    fc1: tensor(16, 8),
    between: tensor(1, 16),
    fc2: tensor(8, 16),
    bias: tensor(8),
  };
  const x = tensor(1, 2, 2, 8);
  assert.throws(() => fusedMlp(tensor(1, 2, 2, 12), weights), ShapeError);
  assert.throws(() => fusedMlp(x, { ...weights, between: tensor(2, 16) }), /between \[2,16\]/);
  assert.throws(() => fusedMlp(x, weights, { residual: tensor(1, 2, 8) }), /its shape/);
  const fused = [[64, 256], [256, 1024]].map(([dim = 0, hidden = 0]) => [
    tuningKey("mlp", { dim, hidden }),
    "fused",
  ]);
  const tuned = { ...gpu.caps, tuned: Object.fromEntries(fused) };
  assert.equal(chooseMlp({ ...gpu.caps, tuned: {} }, 64, 256), "layers");
  assert.equal(chooseMlp(tuned, 64, 256), "fused");
  assert.equal(chooseMlp(tuned, 64, 512), "layers");
  assert.equal(chooseMlp(tuned, 256, 1024), "layers");
});
