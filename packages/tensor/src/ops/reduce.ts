/** Sums, means and extremes along an axis, and the position of a maximum. */
import { ShapeError } from "../errors.ts";
import { argmax as buildArgmax, ARGMAX_COLUMNS } from "../kernels/argmax.ts";
import { REDUCE_THREADS, reduceColumns, reduceRows } from "../kernels/reduce.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { type Combine, type Reduction, REDUCTIONS } from "../wgsl/combine.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import {
  chooseRowVariant,
  ROW_THREADS,
  rowIterations,
  type RowVariant,
  rowWorkgroups,
} from "../wgsl/row_walk.ts";

/** Options of {@link reduce}. */
export interface ReduceOptions {
  /** The axis that disappears; negative ones count from the end. */
  readonly axis: number;
  /** Kernel structure along the last axis; the adapter decides when absent. */
  readonly variant?: RowVariant;
}

/** Options of {@link argmax}. */
export interface ArgmaxOptions {
  /** Kernel structure; the adapter decides when absent. */
  readonly variant?: RowVariant;
}

/** Longest stretch of a row that is summed in one go; a multiple of 4. */
const ROW_BLOCK = 1024;
/** Bounds of a stretch of a column, and the invocations that are enough. */
const COLUMN_BLOCK = { least: 32, most: 1024, invocations: 8192 };

/**
 * Sum, mean, maximum or minimum along one axis. Long axes are split, so that no value is the sum of more
 * than about a thousand terms added one by one.
 *
 * @param x f32 tensor.
 * @param reduction What becomes of the values.
 * @param options The axis.
 * @returns The shape without that axis.
 * @throws {ShapeError} If there is no such axis, or it is empty.
 *
 * @example
 * ```ts
 * import { open, reduce } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2, 3], new Float32Array([1, 2, 3, 4, 5, 6]));
 * const [rows, columns] = await gpu.read([
 *   reduce(x, "max", { axis: -1 }),
 *   reduce(x, "mean", { axis: 0 }),
 * ]);
 * console.assert(rows?.[1] === 6 && columns?.[0] === 2.5);
 * ```
 */
export function reduce(x: Tensor, reduction: Reduction, options: ReduceOptions): Tensor {
  const { shape } = x;
  const axis = options.axis < 0 ? options.axis + shape.length : options.axis;
  const n = shape[axis];
  if (x.dtype !== "f32" || n === undefined || n === 0) {
    throw new ShapeError(
      `Cannot reduce ${x.dtype} [${shape}] along axis ${options.axis}. ` +
        "Give f32 and an axis that has values.",
    );
  }
  const extents = {
    outer: sizeOf(shape.slice(0, axis)),
    inner: sizeOf(shape.slice(axis + 1)),
  };
  const combine = REDUCTIONS[reduction];
  const stage = extents.inner === 1 ? rowStage : columnStage;
  let values = { tensor: x, n };
  do {
    const length = extents.inner === 1 ? ROW_BLOCK : columnBlock(values.n, extents);
    const blocks = Math.ceil(values.n / length);
    const target = blocks === 1
      ? [...shape.slice(0, axis), ...shape.slice(axis + 1)]
      : [extents.outer, blocks, extents.inner];
    const tensor = x.gpu.empty(target);
    stage({
      from: values.tensor,
      to: tensor,
      combine,
      ...extents,
      n: values.n,
      blocks,
      length,
      factor: blocks === 1 && reduction === "mean" ? 1 / n : 1,
      variant: options.variant,
    });
    if (values.tensor !== x) x.gpu.free(values.tensor);
    values = { tensor, n: blocks };
  } while (values.n > 1);
  return values.tensor;
}

interface Stage {
  readonly from: Tensor;
  readonly to: Tensor;
  readonly combine: Combine;
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly blocks: number;
  readonly length: number;
  readonly factor: number;
  readonly variant: RowVariant | undefined;
}

function rowStage(stage: Stage): void {
  const { from, to, combine, outer, n, blocks, length, factor } = stage;
  const { gpu } = from;
  const rows = outer * blocks;
  const columns = Math.min(n, length);
  const variant = stage.variant ?? chooseRowVariant(gpu.caps, rows, columns);
  const vector = n % 4 === 0;
  const step = vector ? 4 : 1;
  gpu.dispatch({
    kernel: gpu.kernel(
      "reduce rows",
      { combine, variant, vector, threads: ROW_THREADS },
      reduceRows,
    ),
    tensors: [from, to],
    params: [rows, n / step, 1, blocks, length / step, factor],
    grid: flatGrid(rowWorkgroups(gpu.caps, variant, rows)),
    flops: outer * n,
    iterations: rowIterations(gpu.caps, variant, [columns / step]),
  });
}

function columnBlock(n: number, { outer, inner }: { outer: number; inner: number }): number {
  const wanted = Math.ceil(n * outer * inner / COLUMN_BLOCK.invocations);
  return Math.min(COLUMN_BLOCK.most, Math.max(COLUMN_BLOCK.least, wanted));
}

function columnStage({ from, to, combine, outer, n, inner, blocks, length, factor }: Stage): void {
  const { gpu } = from;
  const vector = inner % 4 === 0;
  const step = vector ? 4 : 1;
  const total = outer * blocks * inner / step;
  gpu.dispatch({
    kernel: gpu.kernel("reduce columns", { combine, vector }, reduceColumns),
    tensors: [from, to],
    params: [total, n, inner / step, blocks, length, factor],
    grid: flatGrid(Math.ceil(total / REDUCE_THREADS)),
    flops: outer * n * inner,
    iterations: length,
  });
}

/**
 * Position of the largest value along the last axis; the first where several are equal.
 *
 * @param x f32 `[..., columns]`, at most 2²⁴ columns.
 * @param options Kernel structure.
 * @returns u32 `[...]`.
 * @throws {ShapeError} If the last axis is empty or too long.
 *
 * @example
 * ```ts
 * import { argmax, open } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const [at] = await gpu.read([argmax(gpu.tensor([1, 3], new Float32Array([1, 5, 5])))]);
 * console.assert(at?.[0] === 1);
 * ```
 */
export function argmax(x: Tensor, options: ArgmaxOptions = {}): Tensor {
  const columns = x.shape.at(-1) ?? 0;
  if (x.dtype !== "f32" || columns === 0 || columns > ARGMAX_COLUMNS) {
    throw new ShapeError(
      `Cannot find the largest values of ${x.dtype} [${x.shape}]. ` +
        `Give f32 with 1 to ${ARGMAX_COLUMNS} columns.`,
    );
  }
  const rows = sizeOf(x.shape) / columns;
  const y = x.gpu.empty(x.shape.slice(0, -1), "u32");
  if (rows === 0) return y;
  const variant = options.variant ?? chooseRowVariant(x.gpu.caps, rows, columns);
  x.gpu.dispatch({
    kernel: x.gpu.kernel("argmax", { variant, threads: ROW_THREADS }, buildArgmax),
    tensors: [x, y],
    params: [rows, columns],
    grid: flatGrid(rowWorkgroups(x.gpu.caps, variant, rows)),
    iterations: rowIterations(x.gpu.caps, variant, [columns]),
  });
  return y;
}
