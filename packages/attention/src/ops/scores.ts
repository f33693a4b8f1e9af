/** Dense attention whose scores are in memory, in bounded chunks, on the GEMM kernels. */
import { concat, matmul, permute, reshape, sizeOf, slice, softmax } from "@vicinity/tensor";
import type { Tensor } from "@vicinity/tensor";

/** Bytes of scores that may be in memory at once. */
const SCORE_BYTES = 32 << 20;

/**
 * Attention of every query to every key, for heads too wide and rows of keys too long for the other
 * kernels.
 *
 * @param q `[batch, heads, queries, width]`.
 * @param k `[batch, heads, keys, width]`.
 * @param v Same shape as k.
 * @param scale Factor of the scores.
 * @returns `[batch, queries, heads, width]`.
 */
export function scoresAttention(q: Tensor, k: Tensor, v: Tensor, scale: number): Tensor {
  const [batch = 0, heads = 0, queries = 0, width = 0] = q.shape;
  const keys = k.shape[2] ?? 0;
  const pairs = batch * heads;
  const [qs, ks, vs] = [
    reshape(q, [pairs, queries, width]),
    reshape(k, [pairs, keys, width]),
    reshape(v, [pairs, keys, width]),
  ];
  if (sizeOf(q.shape) === 0) return q.gpu.empty([batch, queries, heads, width]);
  const pairsAtOnce = Math.max(1, Math.floor(SCORE_BYTES / (4 * queries * keys)));
  using scope = q.gpu.scope();
  const parts: Tensor[] = [];
  for (let pair = 0; pair < pairs; pair += pairsAtOnce) {
    const count = Math.min(pairsAtOnce, pairs - pair);
    parts.push(...attendPairs([qs, ks, vs], pair, count, scale));
  }
  const [only] = parts;
  const whole = parts.length === 1 && only ? only : concat(parts, 0);
  return scope.keep(permute(reshape(whole, [batch, heads, queries, width]), [0, 2, 1, 3]));
}

/** Results of some pairs of a batch and a head, `[rows, width]` one after the other. */
function attendPairs(
  [qs, ks, vs]: readonly [Tensor, Tensor, Tensor],
  pair: number,
  count: number,
  scale: number,
): Tensor[] {
  using scope = qs.gpu.scope();
  const [q, k, v] = [
    slice(qs, 0, pair, count),
    slice(ks, 0, pair, count),
    slice(vs, 0, pair, count),
  ];
  const [, queries = 0] = q.shape;
  const rowsAtOnce = Math.max(1, Math.floor(SCORE_BYTES / (4 * (k.shape[1] ?? 0))));
  const parts: Tensor[] = [];
  for (let row = 0; row < queries; row += rowsAtOnce) {
    parts.push(attendRows([q, k, v], row, Math.min(rowsAtOnce, queries - row), scale));
  }
  return parts.map((part) => scope.keep(part));
}

/** One chunk; its scores go before the next one's come. */
function attendRows(
  [q, k, v]: readonly [Tensor, Tensor, Tensor],
  row: number,
  count: number,
  scale: number,
): Tensor {
  using scope = q.gpu.scope();
  const rows = slice(q, 1, row, count);
  const weights = softmax(matmul(rows, k, { transposed: true, alpha: scale }));
  const y = scope.keep(matmul(weights, v));
  return reshape(y, [sizeOf(rows.shape.slice(0, 2)), q.shape[2] ?? 0]);
}
