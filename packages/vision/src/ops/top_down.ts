/** Steps of a feature pyramid. */
import { flatGrid, ShapeError, sizeOf, type Tensor } from "@vicinity/tensor";
import { TOP_DOWN_THREADS, topDown as build } from "../kernels/top_down.ts";

/**
 * Adds a coarse map to a fine one; its places are repeated as PyTorch's nearest interpolation does.
 *
 * @param fine f32 `[batch, height, width, channels]`.
 * @param coarse The same batch and channels, of any size.
 * @returns Shape of `fine`.
 * @throws {ShapeError} If batch or channels differ.
 *
 * @example
 * ```ts
 * import { open } from "@vicinity/tensor";
 * import { topDown } from "@vicinity/vision";
 *
 * using gpu = await open();
 * const fine = gpu.tensor([1, 1, 3, 1], new Float32Array([1, 2, 3]));
 * const coarse = gpu.tensor([1, 1, 2, 1], new Float32Array([10, 20]));
 * const [y] = await gpu.read([topDown(fine, coarse)]);
 * console.assert(y?.join() === "11,12,23");
 * ```
 */
export function topDown(fine: Tensor, coarse: Tensor): Tensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = fine.shape;
  const [coarseBatch, coarseHeight = 0, coarseWidth = 0, coarseChannels] = coarse.shape;
  if (coarseBatch !== batch || coarseChannels !== channels) {
    throw new ShapeError(
      `Cannot add a map [${coarse.shape}] to [${fine.shape}]: batch and channels must agree.`,
    );
  }
  const { gpu } = fine;
  const y = gpu.empty(fine.shape);
  const vector = channels % 4 === 0;
  const step = vector ? 4 : 1;
  const total = sizeOf(y.shape) / step;
  gpu.dispatch({
    kernel: gpu.kernel("top down", { vector }, build),
    tensors: [fine, coarse, y],
    params: [total, channels / step, height, width, coarseHeight, coarseWidth],
    grid: flatGrid(Math.ceil(total / TOP_DOWN_THREADS)),
  });
  return y;
}
