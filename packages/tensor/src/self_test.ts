/** Kernels against float64 on whatever adapter is here, in about a second. */
import type { Gpu } from "./gpu/gpu.ts";
import { conv2d } from "./ops/conv2d.ts";
import { linear } from "./ops/linear.ts";
import { matmul } from "./ops/matmul.ts";
import { groupNorm } from "./ops/group_norm.ts";
import { layerNorm } from "./ops/norm.ts";
import { packWeight } from "./ops/packed_weight.ts";
import { pointwise } from "./ops/pointwise.ts";
import { reduce } from "./ops/reduce.ts";
import { softmax } from "./ops/softmax.ts";
import { activationReference } from "./reference/activation.ts";
import { convReference } from "./reference/conv.ts";
import { groupNormReference, meanSquare, normReference } from "./reference/norm.ts";
import { reduceReference } from "./reference/reduce.ts";
import { softmaxReference } from "./reference/softmax.ts";
import type { Tensor } from "./tensor.ts";
import { testValues } from "./testing/close.ts";

/** How one kernel did. */
export interface SelfTestResult {
  /** What was computed. */
  readonly name: string;
  /** Largest difference from float64. */
  readonly maxError: number;
  /** Largest difference that is allowed. */
  readonly tolerance: number;
  /** Whether the kernel is right. */
  readonly ok: boolean;
}

interface Case {
  readonly name: string;
  readonly tolerance: number;
  readonly actual: Tensor;
  readonly expected: ArrayLike<number>;
}

/**
 * Runs a kernel of each kind and compares it with float64.
 *
 * @param gpu The context.
 * @returns One result a kernel; a kernel that gives NaN has an infinite error.
 *
 * @example
 * ```ts
 * import { open, selfTest } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const results = await selfTest(gpu);
 * console.assert(results.every(({ ok }) => ok));
 * ```
 */
export async function selfTest(gpu: Gpu): Promise<SelfTestResult[]> {
  const { cases, values } = start(gpu);
  const read = await values;
  return cases.map(({ name, tolerance, expected }, index) => {
    const maxError = largestError(read[index] ?? [], expected);
    return { name, maxError, tolerance, ok: maxError <= tolerance };
  });
}

/** The scope ends before the wait, in which others make their tensors. */
function start(gpu: Gpu): { cases: readonly Case[]; values: ReturnType<Gpu["read"]> } {
  using _scope = gpu.scope();
  const cases = [...products(gpu), ...rows(gpu), ...elements(gpu)];
  return { cases, values: gpu.read(cases.map(({ actual }) => actual)) };
}

function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = actual.length === expected.length ? 0 : Infinity;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs((actual[i] ?? NaN) - (expected[i] ?? NaN));
    largest = Math.max(largest, Number.isNaN(error) ? Infinity : error);
  }
  return largest;
}

function products(gpu: Gpu): Case[] {
  const [m, n, k] = [67, 45, 96];
  const [x, w] = [testValues(m * k, 1), testValues(n * k, 2)];
  const { y: product } = convReference({ x, xShape: [1, 1, m, k], w, wShape: [n, k, 1, 1, 1] });
  const [height, width, channels, out] = [13, 18, 12, 20];
  const picture = testValues(height * width * channels, 3);
  const filter = testValues(out * channels * 9, 4);
  const { y: convolved } = convReference({
    x: picture,
    xShape: [1, height, width, channels],
    w: filter,
    wShape: [out, channels, 1, 3, 3],
    padding: [[0, 0], [1, 1], [1, 1]],
  });
  const tolerance = (depth: number) => 1e-6 * Math.sqrt(depth) + 1e-5 * Math.sqrt(depth);
  return [
    {
      name: "linear layer with GELU",
      tolerance: tolerance(k),
      actual: linear(gpu.tensor([m, k], x), packWeight(gpu, w, [n, k]), { activation: "gelu" }),
      expected: product.map(activationReference.gelu),
    },
    {
      name: "matrix product",
      tolerance: tolerance(k),
      actual: matmul(gpu.tensor([m, k], x), gpu.tensor([n, k], w), { transposed: true }),
      expected: product,
    },
    {
      name: "3x3 convolution",
      tolerance: tolerance(9 * channels),
      actual: conv2d(
        gpu.tensor([1, height, width, channels], picture),
        packWeight(gpu, filter, [out, channels, 3, 3]),
        { padding: 1 },
      ),
      expected: convolved,
    },
  ];
}

function rows(gpu: Gpu): Case[] {
  const [count, columns] = [37, 260];
  const x = testValues(count * columns, 5);
  const tensor = gpu.tensor([count, columns], x);
  const highest = (values: readonly number[]) => Math.max(...values);
  return [
    {
      name: "layer norm",
      tolerance: 1e-5,
      actual: layerNorm(tensor),
      expected: normReference({
        x,
        columns,
        centre: true,
        factor: (row) => 1 / Math.sqrt(meanSquare(row) + 1e-5),
        finish: (value) => value,
      }),
    },
    {
      name: "group norm",
      tolerance: 1e-5,
      actual: groupNorm(gpu.tensor([1, count, columns], x), { groups: 13 }),
      expected: groupNormReference({
        x,
        shape: [1, count, columns],
        groups: 13,
        eps: 1e-5,
        finish: (value) => value,
      }),
    },
    {
      name: "softmax",
      tolerance: 1e-6,
      actual: softmax(tensor),
      expected: softmaxReference({ x, columns }),
    },
    {
      name: "maximum of rows",
      tolerance: 0,
      actual: reduce(tensor, "max", { axis: 1 }),
      expected: reduceReference(x, [count, columns], 1, highest),
    },
  ];
}

function elements(gpu: Gpu): Case[] {
  const x = testValues(1001, 6).map((value) => value * 8);
  return [{
    name: "sigmoid linear unit",
    tolerance: 2e-6 + 2e-6 * 8,
    actual: pointwise("silu(x)", { x: gpu.tensor([x.length], x) }),
    expected: Float64Array.from(x, activationReference.silu),
  }];
}
