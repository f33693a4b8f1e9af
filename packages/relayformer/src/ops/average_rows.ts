/** Rows picked by number and averaged. */
import { flatGrid, ShapeError, sizeOf, type Tensor } from "@vicinity/tensor";
import {
  AVERAGE_ROWS_THREADS,
  averageRows as build,
  type AverageRowsSpec,
} from "../kernels/average_rows.ts";

/**
 * Each row of the result is the mean of the rows that its list names.
 *
 * @param x f32 `[rows, …]`.
 * @param lists u32 `[n, length]`; `NO_ROW` and numbers of missing rows do not count.
 * @returns `[n, …]`; zeros where a list names no row.
 * @throws {ShapeError} If the rows are not f32 or the lists are not u32 `[n, length]`.
 */
export function averageRows(x: Tensor, lists: Tensor): Tensor {
  if (x.dtype !== "f32" || lists.dtype !== "u32" || lists.shape.length !== 2) {
    throw new ShapeError(
      `Cannot average rows of ${x.dtype} [${x.shape}] by ${lists.dtype} [${lists.shape}]: give ` +
        "f32 rows and u32 [rows, length].",
    );
  }
  const [n = 0, length = 0] = lists.shape;
  const [rows = 0, ...row] = x.shape;
  const y = x.gpu.empty([n, ...row]);
  const width = sizeOf(row);
  const spec: AverageRowsSpec = { vector: width % 4 === 0 };
  const step = spec.vector ? 4 : 1;
  const count = n * width / step;
  x.gpu.dispatch({
    kernel: x.gpu.kernel("average_rows", spec, build),
    tensors: [x, lists, y],
    params: [count, width / step, length, rows],
    grid: flatGrid(Math.ceil(count / AVERAGE_ROWS_THREADS)),
    iterations: length,
  });
  return y;
}
