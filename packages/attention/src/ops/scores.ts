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
  const pairsAtOnce = Math.max(1, Math.floor(SCORE_BYTES / (4 * queries * keys)));
  const rowsAtOnce = Math.max(1, Math.floor(SCORE_BYTES / (4 * keys)));
  const parts: Tensor[] = [];
  for (let pair = 0; pair < pairs; pair += pairsAtOnce) {
    const count = Math.min(pairsAtOnce, pairs - pair);
    const take = (x: Tensor) => count === pairs ? x : slice(x, 0, pair, count);
    const [qp, kp, vp] = [take(qs), take(ks), take(vs)];
    for (let row = 0; row < queries; row += rowsAtOnce) {
      const rows = rowsAtOnce >= queries
        ? qp
        : slice(qp, 1, row, Math.min(rowsAtOnce, queries - row));
      const weights = softmax(matmul(rows, kp, { transposed: true, alpha: scale }));
      parts.push(reshape(matmul(weights, vp), [sizeOf(rows.shape) / width, width]));
    }
  }
  const [only] = parts;
  const whole = parts.length === 1 && only ? only : concat(parts, 0);
  return permute(reshape(whole, [batch, heads, queries, width]), [0, 2, 1, 3]);
}
