/** Sums, means and extremes over stretches of rows, and over rows that share a number. */
import { ShapeError } from "../errors.ts";
import {
  SEGMENT_THREADS,
  segmentIterations,
  segmentReduce as build,
} from "../kernels/segment_reduce.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import type { Reduction } from "../wgsl/combine.ts";
import { flatGrid } from "../wgsl/kernel.ts";

/** Which rows belong together, on the host; see {@link segmentTable}. */
export interface SegmentTable {
  /** Where the rows of each number start in `order`, and where the last ones end. */
  readonly starts: Uint32Array<ArrayBuffer>;
  /** Rows by number; those that share one stay in their order. */
  readonly order: Uint32Array<ArrayBuffer>;
  /** Rows of the most frequent number. */
  readonly longest: number;
}

/** Options of {@link segmentReduce}. */
export interface SegmentReduceOptions {
  /** u32, where each stretch starts and, last, where the last one ends. */
  readonly starts: Tensor;
  /** u32 numbers of rows of `x`, of which the stretches are then; the rows as they are when absent. */
  readonly order?: Tensor;
  /** No stretch has more rows than this; all rows when absent, which a CPU adapter may refuse. */
  readonly longest?: number;
}

/**
 * Finds the rows of each number, for putting rows at numbers that repeat: `segmentReduce` over this
 * table adds them up in the same order every time.
 *
 * @param numbers One number a row; rows whose number is not below `count` are left out.
 * @param count How many numbers there are.
 * @returns The table.
 *
 * @example
 * ```ts
 * import { NO_ROW, open, segmentReduce, segmentTable } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const { starts, order, longest } = segmentTable(new Uint32Array([2, 0, NO_ROW, 2]), 3);
 * const sums = segmentReduce(gpu.tensor([4, 1], new Float32Array([1, 2, 3, 4])), "sum", {
 *   starts: gpu.tensor([starts.length], starts),
 *   order: gpu.tensor([order.length], order),
 *   longest,
 * });
 * const [y] = await gpu.read([sums]);
 * console.assert(y?.join() === "2,0,5");
 * ```
 */
export function segmentTable(numbers: Uint32Array, count: number): SegmentTable {
  const starts = new Uint32Array(count + 1);
  for (const number of numbers) {
    if (number < count) starts[number + 1] = (starts[number + 1] ?? 0) + 1;
  }
  const longest = starts.reduce((most, rows) => Math.max(most, rows), 0);
  for (let number = 0; number < count; number++) {
    starts[number + 1] = (starts[number + 1] ?? 0) + (starts[number] ?? 0);
  }
  const free = starts.slice();
  const order = new Uint32Array(starts[count] ?? 0);
  for (const [row, number] of numbers.entries()) {
    if (number >= count) continue;
    const at = free[number] ?? 0;
    order[at] = row;
    free[number] = at + 1;
  }
  return { starts, order, longest };
}

/**
 * Sum, mean, maximum or minimum of each column over stretches of rows, the same bits every time.
 *
 * @param x f32 `[rows, …]`.
 * @param reduction What becomes of the values.
 * @param options Where the stretches are.
 * @returns `[stretches, …]`; zeros for stretches without rows.
 * @throws {ShapeError} If the dtypes differ from these, or there is no end.
 * @throws {GpuLimitError} If a stretch may have more rows than a CPU adapter loops over.
 *
 * @example
 * ```ts
 * import { open, segmentReduce } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const x = gpu.tensor([3, 1], new Float32Array([1, 5, 2]));
 * const starts = gpu.tensor([3], new Uint32Array([0, 2, 3]));
 * const [y] = await gpu.read([segmentReduce(x, "max", { starts })]);
 * assert.deepEqual([...y ?? []], [5, 2]);
 * ```
 */
export function segmentReduce(
  x: Tensor,
  reduction: Reduction,
  { starts, order, longest }: SegmentReduceOptions,
): Tensor {
  const count = sizeOf(starts.shape) - 1;
  const numbered = starts.dtype === "u32" && (order?.dtype ?? "u32") === "u32";
  if (x.dtype !== "f32" || !numbered || x.shape.length === 0 || count < 0) {
    throw new ShapeError(
      `Cannot reduce ${x.dtype} [${x.shape}] over stretches ${starts.dtype} [${starts.shape}]` +
        `${
          order ? ` of rows ${order.dtype} [${order.shape}]` : ""
        }: give f32 rows, and u32 starts ` +
        "with an end and u32 numbers of rows.",
    );
  }
  const [rows = 0, ...rest] = x.shape;
  const members = order ? sizeOf(order.shape) : rows;
  const y = x.gpu.empty([count, ...rest]);
  const columns = sizeOf(rest);
  const spec = {
    reduction,
    ordered: order !== undefined,
    vector: columns % 4 === 0,
  };
  const step = spec.vector ? 4 : 1;
  const total = count * columns / step;
  x.gpu.dispatch({
    kernel: x.gpu.kernel("segment_reduce", spec, build),
    tensors: [x, starts, ...(order ? [order] : []), y],
    params: [total, columns / step, members, rows],
    grid: flatGrid(Math.ceil(total / SEGMENT_THREADS)),
    flops: members * columns,
    iterations: segmentIterations(Math.min(members, longest ?? members)),
  });
  return y;
}
