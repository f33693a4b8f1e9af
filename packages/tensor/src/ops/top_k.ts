/** The largest values of rows, with their places. */
import { ShapeError } from "../errors.ts";
import {
  COLUMN_BITS,
  TOP_K_COUNTS,
  TOP_K_ROUNDS,
  TOP_K_STATE,
  TOP_K_THREADS,
  topKChoose,
  topKCollect,
  topKCount,
  topKPlace,
} from "../kernels/top_k.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";

/** What {@link topK} gives. */
export interface TopK {
  /** f32 `[..., k]`, falling. */
  readonly values: Tensor;
  /** u32 `[..., k]`, their columns. */
  readonly indices: Tensor;
}

/** Rows up to this length are put in order as a whole; of longer ones the k largest are found first. */
const SHORT_ROW = 2048;

/**
 * The k largest values along the last axis in falling order; of equal ones the first comes first.
 *
 * @param x f32 `[..., columns]`, at most 2²⁴ columns.
 * @param k How many; all when a row has fewer. The work grows with its square.
 * @returns Values and columns, `[..., min(k, columns)]`.
 * @throws {ShapeError} If the tensor is not f32, rows are too long, or k is no whole number above 0.
 *
 * @example
 * ```ts
 * import { open, topK } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const { values, indices } = topK(gpu.tensor([4], new Float32Array([1, 5, 2, 5])), 3);
 * const [best, at] = await gpu.read([values, indices]);
 * console.assert(best?.join() === "5,5,2" && at?.join() === "1,3,2");
 * ```
 */
export function topK(x: Tensor, k: number): TopK {
  const columns = x.shape.at(-1) ?? 0;
  if (x.dtype !== "f32" || columns > 2 ** COLUMN_BITS || !Number.isInteger(k) || k < 1) {
    throw new ShapeError(
      `Cannot find the ${k} largest values of ${x.dtype} [${x.shape}]. ` +
        `Give f32 with at most ${2 ** COLUMN_BITS} columns, and a whole number above 0.`,
    );
  }
  const { gpu } = x;
  const count = Math.min(k, columns);
  const shape = [...x.shape.slice(0, -1), count];
  const found = { values: gpu.empty(shape), indices: gpu.empty(shape, "u32") };
  const rows = sizeOf(x.shape.slice(0, -1));
  if (rows * columns === 0) return found;
  const collected = columns > SHORT_ROW && count < columns;
  const width = collected ? count : columns;
  const total = rows * width;
  const largest = collected ? candidates(x, { rows, columns, count }) : undefined;
  gpu.dispatch({
    kernel: gpu.kernel("top k place", { collected }, topKPlace),
    tensors: [
      x,
      ...(largest ? [largest] : []),
      found.values,
      found.indices,
    ],
    params: [total, columns, count],
    grid: flatGrid(Math.ceil(total / TOP_K_THREADS)),
    iterations: width,
  });
  if (largest) gpu.free(largest);
  return found;
}

/** Keys and columns of the largest values of each row, in no order: u32 `[rows, count, 2]`. */
function candidates(
  x: Tensor,
  { rows, columns, count }: {
    readonly rows: number;
    readonly columns: number;
    readonly count: number;
  },
): Tensor {
  const { gpu } = x;
  const state = gpu.empty([rows, TOP_K_STATE], "u32");
  const counts = gpu.empty([rows, TOP_K_COUNTS], "u32");
  gpu.clear(state);
  gpu.clear(counts);
  const total = rows * columns;
  const elements = flatGrid(Math.ceil(total / TOP_K_THREADS));
  for (let round = 0; round < TOP_K_ROUNDS; round++) {
    gpu.dispatch({
      kernel: gpu.kernel("top k count", {}, topKCount),
      tensors: [x, state, counts],
      params: [total, columns, round],
      grid: elements,
    });
    gpu.dispatch({
      kernel: gpu.kernel("top k choose", {}, topKChoose),
      tensors: [counts, state],
      params: [rows, count, round],
      grid: flatGrid(Math.ceil(rows / TOP_K_THREADS)),
      iterations: TOP_K_COUNTS / TOP_K_ROUNDS,
    });
  }
  const found = gpu.empty([rows, count, 2], "u32");
  gpu.dispatch({
    kernel: gpu.kernel("top k collect", {}, topKCollect),
    tensors: [x, state, found],
    params: [total, columns, count],
    grid: elements,
  });
  gpu.free(state);
  gpu.free(counts);
  return found;
}
