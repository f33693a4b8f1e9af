/** Softmax over the last axis. */
import { softmax as build } from "../kernels/softmax.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import {
  chooseRowVariant,
  ROW_THREADS,
  rowIterations,
  type RowVariant,
  rowWorkgroups,
} from "../wgsl/row_walk.ts";

import { checkF32 } from "./dtype.ts";

/** Options of {@link softmax}. */
export interface SoftmaxOptions {
  /** Kernel structure; the adapter decides when absent. */
  readonly variant?: RowVariant;
}

/**
 * `exp(x − max) / Σ exp(x − max)` over the last axis. Masked entries are −3e38; a row of nothing
 * else becomes zeros.
 *
 * @param x `[..., columns]`.
 * @param options Kernel structure.
 * @returns Same shape.
 * @throws {ShapeError} If the dtype is not f32.
 *
 * @example
 * ```ts
 * import { open, softmax } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const [y] = await gpu.read([softmax(gpu.tensor([1, 2], new Float32Array([7, 7])))]);
 * console.assert(y?.[0] === 0.5);
 * ```
 */
export function softmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  checkF32("softmax", { x });
  const columns = x.shape.at(-1) ?? 1;
  const rows = sizeOf(x.shape) / Math.max(1, columns);
  const y = x.gpu.empty(x.shape);
  if (rows === 0 || columns === 0) return y;
  const { caps } = x.gpu;
  const vector = columns % 4 === 0;
  const steps = columns / (vector ? 4 : 1);
  const loops = [steps, steps, steps];
  const variant = options.variant ?? chooseRowVariant(caps, rows, columns, loops);
  x.gpu.dispatch({
    kernel: x.gpu.kernel("softmax", { variant, vector, threads: ROW_THREADS }, build),
    tensors: [x, y],
    params: [rows, steps],
    grid: flatGrid(rowWorkgroups(caps, variant, rows)),
    flops: 5 * rows * columns,
    iterations: rowIterations(caps, variant, loops),
  });
  return y;
}
