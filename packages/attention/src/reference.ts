/** Attention in float64, from the definition of the vicinity. */
import { neighboursOf } from "./neighbourhood.ts";
import { dense, isToken, keyPlacesOf, type Vicinity } from "./vicinity.ts";

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
  /**
   * Added to the scores, `[batch or groups, heads, rows, columns]`; the first two extents may be 1.
   * Groups are those of a gathered vicinity, rows and columns places in their lists. For
   * neighbourhoods `[heads, 2·kernel-1, ...]`.
   */
  readonly bias?: { readonly values: ArrayLike<number>; readonly shape: readonly number[] };
  /** `[batch, keys]`: keys with 0 are not seen. */
  readonly mask?: ArrayLike<number>;
}

/**
 * Attention of every query to its keys.
 *
 * @param input Tensors and vicinity.
 * @returns `[batch, queries, heads, width]`.
 *
 * @example
 * ```ts
 * import { attentionReference, dense } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * const shape = { batch: 1, heads: 1, queries: 1, keys: 2, width: 1 };
 * const y = attentionReference({ q: [0], k: [5, 7], v: [1, 3], shape, vicinity: dense(), scale: 1 });
 * assert.deepEqual([...y], [2]);
 * ```
 */
export function attentionReference(input: AttentionReferenceInput): Float64Array {
  const { q, k, v, shape, vicinity, scale, mask } = input;
  const { batch, heads, queries, keys, width } = shape;
  const y = new Float64Array(batch * queries * heads * width);
  for (let z = 0; z < batch * heads; z++) {
    const partners = vicinity.kind === "sparse local"
      ? selectReference(input, z, vicinity.windows, vicinity.topk)
      : [];
    const [batchIndex, head] = [Math.floor(z / heads), z % heads];
    for (let query = 0; query < queries; query++) {
      const context = { keys, partners, head };
      // The keys of a factorized vicinity are fused already, and every query sees all of them.
      const listed = keyPlacesOf(
        vicinity.kind === "factorized" ? dense() : vicinity,
        query,
        context,
      );
      const visible = (key: number) =>
        isToken(key) && (!mask || mask[batchIndex * keys + key] !== 0);
      const places = [...listed.keys()].filter((place) => visible(listed[place] ?? 0));
      const seen = places.map((place) => listed[place] ?? 0);
      const scores = seen.map((key, index) =>
        scale * dot(q, (z * queries + query) * width, k, (z * keys + key) * width, width) +
        biasOf(input, { batchIndex, head, query, place: places[index] ?? 0 })
      );
      const top = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - top));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      const at = ((batchIndex * queries + query) * heads + head) * width;
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

/** What is added to the score of a query and the key at a place of its list. */
function biasOf(
  { bias, vicinity }: AttentionReferenceInput,
  { batchIndex, head, query, place }: {
    readonly batchIndex: number;
    readonly head: number;
    readonly query: number;
    readonly place: number;
  },
): number {
  if (!bias) return 0;
  if (vicinity.kind === "neighbourhood") {
    const table = head * bias.values.length / (bias.shape[0] ?? 1);
    return bias.values[table + (neighboursOf(vicinity, query).biases[place] ?? 0)] ?? 0;
  }
  const [outer = 1, heads = 1, rows = 1, columns = 1] = bias.shape;
  const groups = vicinity.kind === "gathered" ? vicinity.queries : [];
  const group = groups.findIndex((list) => list.includes(query));
  const row = groups[group]?.indexOf(query) ?? query;
  const index = (group < 0 ? batchIndex : group) % outer;
  return bias.values[((index * heads + head % heads) * rows + row) * columns + place] ?? 0;
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
