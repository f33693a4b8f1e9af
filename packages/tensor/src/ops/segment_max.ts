/** Maxima over stretches of rows. */
import { ShapeError } from "../errors.ts";
import { SEGMENT_THREADS, segmentMax as build } from "../kernels/segment_max.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";

/**
 * The maximum of each column over stretches of rows that follow each other.
 *
 * @param x f32 `[rows, …]`.
 * @param starts u32, where each stretch starts and, last, where the last one ends.
 * @returns `[stretches, …]`; zeros for stretches without rows.
 * @throws {ShapeError} If the dtypes differ from these, or there is no end.
 *
 * @example
 * ```ts
 * import { open, segmentMax } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const x = gpu.tensor([3, 1], new Float32Array([1, 5, 2]));
 * const [y] = await gpu.read([segmentMax(x, gpu.tensor([3], new Uint32Array([0, 2, 3])))]);
 * assert.deepEqual([...y ?? []], [5, 2]);
 * ```
 */
export function segmentMax(x: Tensor, starts: Tensor): Tensor {
  const count = sizeOf(starts.shape) - 1;
  if (x.dtype !== "f32" || starts.dtype !== "u32" || x.shape.length === 0 || count < 0) {
    throw new ShapeError(
      `Cannot take maxima of ${x.dtype} [${x.shape}] over stretches ${starts.dtype} ` +
        `[${starts.shape}]: give f32 rows and u32 starts with an end.`,
    );
  }
  const [rows = 0, ...rest] = x.shape;
  const y = x.gpu.empty([count, ...rest]);
  const columns = sizeOf(rest);
  const vector = columns % 4 === 0;
  const step = vector ? 4 : 1;
  const total = count * columns / step;
  x.gpu.dispatch({
    kernel: x.gpu.kernel("segment_max", { vector }, build),
    tensors: [x, starts, y],
    params: [total, columns / step, rows],
    grid: flatGrid(Math.ceil(total / SEGMENT_THREADS)),
    flops: rows * columns,
    iterations: rows,
  });
  return y;
}
