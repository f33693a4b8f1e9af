/** Classes of detections, and masks of these classes. */
import { flatGrid, sizeOf, type Tensor } from "@vicinity/tensor";
import {
  CLASS_MASKS_THREADS,
  classMasks as buildClassMasks,
  rowsOfNumbers as buildRowsOfNumbers,
} from "../kernels/class_masks.ts";

/**
 * Rows that numbers of cells lie in.
 *
 * @param numbers u32 numbers of cells, counted row by row.
 * @param columns Cells of a row.
 * @returns u32, shape of `numbers`.
 */
export function rowsOfNumbers(numbers: Tensor, columns: number): Tensor {
  const { gpu } = numbers;
  const y = gpu.empty(numbers.shape, "u32");
  const total = sizeOf(y.shape);
  gpu.dispatch({
    kernel: gpu.kernel("rows of numbers", {}, buildRowsOfNumbers),
    tensors: [numbers, y],
    params: [total, columns],
    grid: flatGrid(Math.ceil(total / CLASS_MASKS_THREADS)),
  });
  return y;
}

/**
 * Picks the mask of each detection's class and turns it into probabilities.
 *
 * @param logits f32 `[n, side, side, 2, 2, classes]`: rows, columns, and the rows and columns of the
 *   four pixels of a place.
 * @param classIds u32 `[n]`.
 * @returns f32 `[n, 2 · side, 2 · side]`.
 */
export function classMasks(logits: Tensor, classIds: Tensor): Tensor {
  const [count = 0, side = 0, , , , classes = 0] = logits.shape;
  const { gpu } = logits;
  const y = gpu.empty([count, 2 * side, 2 * side]);
  const total = sizeOf(y.shape);
  gpu.dispatch({
    kernel: gpu.kernel("class masks", {}, buildClassMasks),
    tensors: [logits, classIds, y],
    params: [total, side, classes],
    grid: flatGrid(Math.ceil(total / CLASS_MASKS_THREADS)),
  });
  return y;
}
