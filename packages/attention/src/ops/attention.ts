/** One operator over all vicinities. */
import {
  concat,
  matmul,
  permute,
  reshape,
  ShapeError,
  sizeOf,
  slice,
  softmax,
  type Tensor,
} from "@vicinity/tensor";
import { gathered as build, type GatheredSpec, type GatheredVariant } from "../kernels/gathered.ts";
import type { PreparedVicinity, TokenTable } from "../prepared.ts";
import type { Dense } from "../vicinity.ts";
import { selectBlocks, windowMeans } from "./select_blocks.ts";

/** Options of {@link attention}. */
export interface AttentionOptions {
  /** Factor of the scores; 1 / √width when absent. */
  readonly scale?: number;
  /** Kernel of gathered vicinities; the adapter decides when absent. */
  readonly variant?: GatheredVariant;
}

/**
 * `softmax(scale · q kᵀ) v` where each query sees the keys of its vicinity only.
 *
 * @param q `[batch, heads, queries, width]`, width a multiple of 4.
 * @param k `[batch, heads, keys, width]`.
 * @param v Same shape as k.
 * @param prepared Who attends to whom, with its tables on the GPU; `dense()` needs none.
 * @param options Scale.
 * @returns `[batch, queries, heads, width]`: rows ready for a projection. Queries that no group
 *   lists are undefined.
 * @throws {ShapeError} If the shapes do not fit.
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  prepared: PreparedVicinity | Dense,
  options: AttentionOptions = {},
): Tensor {
  const [batch, heads, , width = 0] = q.shape;
  const fits = [k, v].every(({ shape }) =>
    shape.length === 4 && shape[0] === batch && shape[1] === heads && shape[3] === width &&
    shape[2] === k.shape[2]
  );
  if (q.shape.length !== 4 || width % 4 !== 0 || !fits) {
    throw new ShapeError(
      `Cannot attend from [${q.shape}] to keys [${k.shape}] and values [${v.shape}]: give ` +
        `[batch, heads, tokens, width] with equal batch, heads and width, a multiple of 4.`,
    );
  }
  const scale = options.scale ?? 1 / Math.sqrt(width);
  if ("kind" in prepared || !prepared.queries || !prepared.keys) {
    return denseAttention(q, k, v, scale);
  }
  const { vicinity, queries, keys } = prepared;
  const blocks = vicinity.kind === "sparse local"
    ? selectBlocks(windowMeans(q, queries), windowMeans(k, keys), vicinity.topk)
    : undefined;
  return gatheredAttention(q, k, v, { queries, keys, blocks, scale, variant: options.variant });
}

/** Scores that may be in memory at once. */
const SCORE_BYTES = 32 << 20;

/** Scores in bounded chunks, on the GEMM kernels. */
function denseAttention(q: Tensor, k: Tensor, v: Tensor, scale: number): Tensor {
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
    const [qp, kp, vp] = [qs, ks, vs].map((x) => slice(x, 0, pair, count)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    for (let row = 0; row < queries; row += rowsAtOnce) {
      const rows = slice(qp, 1, row, Math.min(rowsAtOnce, queries - row));
      const weights = softmax(matmul(rows, kp, { transposed: true, alpha: scale }));
      parts.push(reshape(matmul(weights, vp), [sizeOf(rows.shape) / width, width]));
    }
  }
  return permute(reshape(concat(parts, 0), [batch, heads, queries, width]), [0, 2, 1, 3]);
}

/** Tables and numbers of a gathered attention. */
interface GatheredCall {
  readonly queries: TokenTable;
  readonly keys: TokenTable;
  readonly blocks: Tensor | undefined;
  readonly scale: number;
  readonly variant: GatheredVariant | undefined;
}

/** Lanes of the plain variant. */
const PLAIN_LANES = 32;

function gatheredAttention(q: Tensor, k: Tensor, v: Tensor, call: GatheredCall): Tensor {
  const [batch = 0, heads = 0, tokens = 0, width = 0] = q.shape;
  const { queries, keys, blocks, scale } = call;
  const { caps } = q.gpu;
  const broadcasts = caps.isCpu && caps.subgroups && caps.subgroupSize <= 16;
  const variant = call.variant ?? (broadcasts ? "broadcast" : "plain");
  const spec: GatheredSpec = {
    variant,
    quads: width / 4,
    lanes: variant === "broadcast" ? caps.subgroupSize : PLAIN_LANES,
    rows: variant === "broadcast" ? 2 : 1,
    listed: blocks !== undefined,
  };
  const y = q.gpu.empty([batch, tokens, heads, width]);
  const blockCount = blocks?.shape[3] ?? 1;
  const steps = Math.ceil(keys.length / (variant === "broadcast" ? spec.lanes : 1));
  q.gpu.dispatch({
    kernel: q.gpu.kernel("gathered_attention", spec, build),
    tensors: [q, k, v, queries.tensor, keys.tensor, ...(blocks ? [blocks] : []), y],
    params: [
      heads,
      tokens,
      k.shape[2] ?? 0,
      queries.length,
      keys.length,
      blockCount,
      queries.rows,
      scale,
    ],
    grid: [Math.ceil(queries.length / (spec.lanes * spec.rows)), queries.rows, batch * heads],
    label: "gathered attention",
    flops: 4 * batch * heads * queries.rows * queries.length * blockCount * keys.length * width,
    iterations: blockCount * (steps + 1),
  });
  return y;
}
