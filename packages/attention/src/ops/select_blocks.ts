/** Relevance of windows to each other, and the most relevant ones. */
import { flatGrid, matmul, type Tensor } from "@vicinity/tensor";
import {
  SELECT_THREADS,
  selectBlocks as build,
  windowMeans as buildMeans,
} from "../kernels/select_blocks.ts";
import type { TokenTable } from "../prepared.ts";

/**
 * Means over the tokens of each window.
 *
 * @param x `[batch, heads, tokens, width]`, width a multiple of 4.
 * @param windows Tokens of each window.
 * @returns `[batch, heads, windows, width]`.
 */
export function windowMeans(x: Tensor, windows: TokenTable): Tensor {
  const [batch = 0, heads = 0, tokens = 0, width = 0] = x.shape;
  const y = x.gpu.empty([batch, heads, windows.rows, width]);
  const quads = width / 4;
  const count = batch * heads * windows.rows * quads;
  x.gpu.dispatch({
    kernel: x.gpu.kernel("window_means", {}, buildMeans),
    tensors: [x, windows.tensor, y],
    params: [count, tokens, windows.rows, windows.length, quads],
    grid: flatGrid(Math.ceil(count / SELECT_THREADS)),
    iterations: windows.length,
  });
  return y;
}

/**
 * Relevance of every window to every other, as the selection sees it.
 *
 * @param meanQ Means of the queries, `[batch, heads, windows, width]`.
 * @param meanK Means of the keys.
 * @param scale Factor of the scores.
 * @returns `[batch, heads, windows, windows]`.
 */
export function windowScores(meanQ: Tensor, meanK: Tensor, scale: number): Tensor {
  return matmul(meanQ, meanK, { transposed: true, alpha: scale });
}

/**
 * The windows that each window attends to: itself, then the most relevant others.
 *
 * @param meanQ Means of the queries, `[batch, heads, windows, width]`.
 * @param meanK Means of the keys.
 * @param topk Others a window; all of them where there are fewer.
 * @returns `[batch, heads, windows, 1 + min(topk, windows − 1)]`, u32.
 */
export function selectBlocks(meanQ: Tensor, meanK: Tensor, topk: number): Tensor {
  const [batch = 0, heads = 0, windows = 0, width = 0] = meanQ.shape;
  const picked = Math.min(topk, windows - 1);
  const count = batch * heads * windows;
  const blocks = meanQ.gpu.empty([batch, heads, windows, 1 + picked], "u32");
  meanQ.gpu.dispatch({
    kernel: meanQ.gpu.kernel("select_blocks", { quads: width / 4 }, build),
    tensors: [meanQ, meanK, blocks],
    params: [count, windows, picked],
    grid: flatGrid(Math.ceil(count / SELECT_THREADS)),
    flops: 2 * count * windows * width,
    iterations: picked * (windows + 1),
  });
  return blocks;
}

/**
 * The windows that each window of queries attends to, by the means of their tokens.
 *
 * @param q `[batch, heads, tokens, width]`.
 * @param k The same shape.
 * @param windows Tokens of the windows, and how many others a window sees.
 * @returns What {@link selectBlocks} gives.
 */
export function selectWindows(
  q: Tensor,
  k: Tensor,
  { queries, keys, topk }: {
    readonly queries: TokenTable;
    readonly keys: TokenTable;
    readonly topk: number;
  },
): Tensor {
  const [meanQ, meanK] = [windowMeans(q, queries), windowMeans(k, keys)];
  const blocks = selectBlocks(meanQ, meanK, topk);
  for (const mean of [meanQ, meanK]) q.gpu.free(mean);
  return blocks;
}
