/** Element-wise arithmetic from a small expression. */
import { ShapeError } from "../errors.ts";
import {
  type Broadcast,
  pointwise as build,
  POINTWISE_THREADS,
  type PointwiseSpec,
} from "../kernels/pointwise.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";

/** Options of {@link pointwise}. */
export interface PointwiseOptions {
  /** Numbers by name; changing them does not compile a new kernel. */
  readonly scalars?: Readonly<Record<string, number>>;
}

/** Outputs and inputs together may not need more bindings than WebGPU's default of eight. */
const MOST_INPUTS = 6;

/**
 * `y = expression` for every element.
 *
 * @param expression WGSL over the names of inputs and scalars, with `relu`, `silu`, `sigmoid`,
 *   `gelu` and `gelu_tanh` as functions, for instance `"a + b * silu(c)"`.
 * @param inputs Up to six f32 tensors. The largest, or one without elements, gives the shape; the others
 *   have the same shape, or the extent of its last axis, or one element.
 * @param options Named numbers.
 * @returns The result.
 * @throws {ShapeError} If an input has another shape.
 *
 * @example
 * ```ts
 * import { open, pointwise } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const a = gpu.tensor([2, 2], new Float32Array([1, 2, 3, 4]));
 * const b = gpu.tensor([2], new Float32Array([10, 20]));
 * const [y] = await gpu.read([pointwise("k * a + b", { a, b }, { scalars: { k: 2 } })]);
 * console.assert(y?.[3] === 28);
 * ```
 */
export function pointwise(
  expression: string,
  inputs: Readonly<Record<string, Tensor>>,
  options: PointwiseOptions = {},
): Tensor {
  const named = Object.entries(inputs);
  const [largest] = named.map(([, tensor]) => tensor).sort(largestFirst);
  if (!largest || named.length > MOST_INPUTS) {
    throw new ShapeError(`Cannot compute ${expression}: give one to ${MOST_INPUTS} inputs.`);
  }
  const width = largest.shape.at(-1) ?? 1;
  const spread = named.map(([name, tensor]) =>
    [name, broadcastOf(expression, name, tensor, largest)] as const
  );
  const y = largest.gpu.empty(largest.shape);
  const size = sizeOf(largest.shape);
  const vector = width % 4 === 0;
  const scalars = options.scalars ?? {};
  const spec: PointwiseSpec = {
    expression,
    inputs: spread,
    scalars: Object.keys(scalars),
    vector,
  };
  const step = vector ? 4 : 1;
  largest.gpu.dispatch({
    kernel: largest.gpu.kernel("pointwise", spec, build),
    tensors: [...named.map(([, tensor]) => tensor), y],
    params: [size / step, width / step, ...Object.values(scalars)],
    grid: flatGrid(Math.ceil(size / step / POINTWISE_THREADS)),
  });
  return y;
}

/** Largest first; a tensor without elements leaves none of others, so that it comes before all. */
function largestFirst({ shape: a }: Tensor, { shape: b }: Tensor): number {
  const [first, second] = [sizeOf(a), sizeOf(b)];
  if (first === 0 || second === 0) return first === second ? b.length - a.length : first - second;
  return second - first;
}

function broadcastOf(expression: string, name: string, input: Tensor, largest: Tensor): Broadcast {
  const size = sizeOf(input.shape);
  if (input.dtype === "f32" && input.shape.join() === largest.shape.join()) return "same";
  if (input.dtype === "f32" && size === 1) return "scalar";
  if (input.dtype === "f32" && input.shape.length === 1 && size === largest.shape.at(-1)) {
    return "last";
  }
  throw new ShapeError(
    `Cannot compute ${expression}: ${name} is ${input.dtype} [${input.shape}] beside ` +
      `[${largest.shape}]. Give the same shape, its last extent, or one element.`,
  );
}
