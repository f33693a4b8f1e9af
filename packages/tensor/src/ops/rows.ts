/** Rows picked, or put back, by number. */
import { ShapeError } from "../errors.ts";
import { GATHER_THREADS, gatherMax as buildMax } from "../kernels/gather_max.ts";
import { rows as build, ROWS_THREADS, type RowsSpec } from "../kernels/rows.ts";
import { DTYPE_BYTES, sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";

/** The number of no row: gathered as zeros, dropped when scattered. */
export const NO_ROW = 0xffffffff;

/**
 * Picks rows by number.
 *
 * @param x `[rows, …]` of 32-bit elements.
 * @param indices u32 numbers of any shape; {@link NO_ROW} and numbers of missing rows give zeros.
 * @returns `[number of indices, …]`.
 * @throws {ShapeError} If the numbers are not u32 or the rows are not of 32-bit elements.
 *
 * @example
 * ```ts
 * import { gatherRows, NO_ROW, open } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2, 2], new Float32Array([1, 2, 3, 4]));
 * const [y] = await gpu.read([gatherRows(x, gpu.tensor([2], new Uint32Array([1, NO_ROW])))]);
 * console.assert(y?.join() === "3,4,0,0");
 * ```
 */
export function gatherRows(x: Tensor, indices: Tensor): Tensor {
  check("gather rows of", x, indices);
  const y = x.gpu.empty([sizeOf(indices.shape), ...x.shape.slice(1)], x.dtype);
  if (x.shape[0] === 0) x.gpu.clear(y);
  else record("gather", { x, indices, y, rows: x.shape[0] ?? 0, numbered: y });
  return y;
}

/**
 * The maximum of each column over rows picked by number.
 *
 * @param x f32 `[rows, …]`.
 * @param indices u32 `[n, slots]`; {@link NO_ROW} and numbers of missing rows stand for zeros, which
 * take part.
 * @returns `[n, …]`.
 * @throws {ShapeError} If the dtypes differ from these, or there are no slots.
 *
 * @example
 * ```ts
 * import { gatherMax, NO_ROW, open } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2, 2], new Float32Array([1, -2, 3, -4]));
 * const pairs = gpu.tensor([2, 2], new Uint32Array([0, 1, 1, NO_ROW]));
 * const [y] = await gpu.read([gatherMax(x, pairs)]);
 * assert.deepEqual([...y ?? []], [3, -2, 3, 0]);
 * ```
 */
export function gatherMax(x: Tensor, indices: Tensor): Tensor {
  check("take maxima of rows of", x, indices);
  const [count = 0, slots = 0] = indices.shape;
  if (x.dtype !== "f32" || indices.shape.length !== 2 || slots === 0) {
    throw new ShapeError(
      `Cannot take maxima of ${x.dtype} [${x.shape}] over [${indices.shape}] rows: give f32 and ` +
        "[n, slots] numbers.",
    );
  }
  const [rows = 0, ...rest] = x.shape;
  const y = x.gpu.empty([count, ...rest]);
  const width = sizeOf(rest);
  const vector = width % 4 === 0;
  const step = vector ? 4 : 1;
  const total = count * width / step;
  x.gpu.dispatch({
    kernel: x.gpu.kernel("gather_max", { vector }, buildMax),
    tensors: [x, indices, y],
    params: [total, width / step, rows, slots],
    grid: flatGrid(Math.ceil(total / GATHER_THREADS)),
    flops: count * slots * width,
    iterations: slots,
  });
  return y;
}

/**
 * Puts rows at numbered places of a tensor of zeros. Where numbers repeat, `segmentReduce` over a
 * `segmentTable` of them says what becomes of the rows that share one.
 *
 * @param x `[n, …]` of 32-bit elements.
 * @param indices n u32 numbers, each at most once; rows whose number is not below `rows` are dropped.
 * @param rows Rows of the result.
 * @returns `[rows, …]`.
 * @throws {ShapeError} If the numbers are not n u32 values.
 *
 * @example
 * ```ts
 * import { open, scatterRows } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 2], new Float32Array([1, 2]));
 * const [y] = await gpu.read([scatterRows(x, gpu.tensor([1], new Uint32Array([2])), 3)]);
 * console.assert(y?.join() === "0,0,0,0,1,2");
 * ```
 */
export function scatterRows(x: Tensor, indices: Tensor, rows: number): Tensor {
  check("scatter rows of", x, indices);
  if (sizeOf(indices.shape) !== x.shape[0]) {
    throw new ShapeError(
      `Cannot scatter rows of [${x.shape}] by [${indices.shape}]: give one number a row.`,
    );
  }
  const y = x.gpu.empty([rows, ...x.shape.slice(1)], x.dtype);
  x.gpu.clear(y);
  record("scatter", { x, indices, y, rows, numbered: x });
  return y;
}

function check(what: string, x: Tensor, indices: Tensor): void {
  if (x.shape.length === 0 || DTYPE_BYTES[x.dtype] !== 4 || indices.dtype !== "u32") {
    throw new ShapeError(
      `Cannot ${what} ${x.dtype} [${x.shape}] by ${indices.dtype} [${indices.shape}]: ` +
        `give 32-bit rows and u32 numbers.`,
    );
  }
}

function record(
  direction: RowsSpec["direction"],
  { x, indices, y, rows, numbered }: {
    readonly x: Tensor;
    readonly indices: Tensor;
    readonly y: Tensor;
    readonly rows: number;
    /** The side whose rows are those of `indices`, one after the other. */
    readonly numbered: Tensor;
  },
): void {
  const width = sizeOf(x.shape.slice(1));
  const vector = width % 4 === 0;
  const step = vector ? 4 : 1;
  const count = sizeOf(numbered.shape) / step;
  x.gpu.dispatch({
    kernel: x.gpu.kernel("rows", { direction, vector }, build),
    tensors: [x, indices, y],
    params: [count, width / step, rows],
    grid: flatGrid(Math.ceil(count / ROWS_THREADS)),
  });
}
