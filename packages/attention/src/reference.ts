/** Attention in float64, from the definition of the vicinity. */
import { keysOf, type Vicinity } from "./vicinity.ts";

/** What the reference attention is made from. */
export interface AttentionReferenceInput {
  /** `[batch, heads, queries, width]`. */
  readonly q: ArrayLike<number>;
  /** `[batch, heads, keys, width]`. */
  readonly k: ArrayLike<number>;
  /** Same shape as k. */
  readonly v: ArrayLike<number>;
  /** Extents. */
  readonly shape: {
    readonly batch: number;
    readonly heads: number;
    readonly queries: number;
    readonly keys: number;
    readonly width: number;
  };
  /** Who attends to whom. */
  readonly vicinity: Vicinity;
  /** Factor of the scores. */
  readonly scale: number;
}

/**
 * Attention of every query to its keys.
 *
 * @param input Tensors and vicinity.
 * @returns `[batch, queries, heads, width]`.
 */
export function attentionReference(input: AttentionReferenceInput): Float64Array {
  const { q, k, v, shape, vicinity, scale } = input;
  const { batch, heads, queries, keys, width } = shape;
  const y = new Float64Array(batch * queries * heads * width);
  for (let z = 0; z < batch * heads; z++) {
    const partners = vicinity.kind === "sparse local"
      ? selectReference(input, z, vicinity.windows, vicinity.topk)
      : [];
    for (let query = 0; query < queries; query++) {
      const seen = keysOf(vicinity, query, { keys, partners });
      const scores = seen.map((key) =>
        scale * dot(q, (z * queries + query) * width, k, (z * keys + key) * width, width)
      );
      const top = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - top));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      const at = ((Math.floor(z / heads) * queries + query) * heads + z % heads) * width;
      seen.forEach((key, index) => {
        for (let c = 0; c < width; c++) {
          const value = v[(z * keys + key) * width + c] ?? 0;
          y[at + c] = (y[at + c] ?? 0) + (weights[index] ?? 0) / sum * value;
        }
      });
    }
  }
  return y;
}

/** Partners of each window by relevance of the means. */
function selectReference(
  { q, k, shape }: AttentionReferenceInput,
  z: number,
  windows: readonly (readonly number[])[],
  topk: number,
): number[][] {
  const { width, queries, keys } = shape;
  const mean = (x: ArrayLike<number>, tokens: number, window: readonly number[]) =>
    Float64Array.from(
      { length: width },
      (_, c) =>
        window.reduce((sum, token) => sum + (x[(z * tokens + token) * width + c] ?? 0), 0) /
        window.length,
    );
  const meanQ = windows.map((window) => mean(q, queries, window));
  const meanK = windows.map((window) => mean(k, keys, window));
  return windows.map((_, own) => {
    const scores = meanK.map((key) => dot(meanQ[own] ?? [], 0, key, 0, width));
    return windows.map((_, other) => other).filter((other) => other !== own)
      .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b).slice(0, topk);
  });
}

function dot(
  a: ArrayLike<number>,
  aStart: number,
  b: ArrayLike<number>,
  bStart: number,
  length: number,
): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[aStart + i] ?? 0) * (b[bStart + i] ?? 0);
  return sum;
}
