/** One operator over all vicinities. */
import {
  bytesOf,
  checkF32,
  reshape,
  ShapeError,
  sizeOf,
  slice,
  type Tensor,
} from "@vicinity/tensor";
import type { AccessParams, AccessSpec, CallParams } from "../kernels/access.ts";
import type { NeighbourParams } from "../wgsl/neighbour_grid.ts";
import type { Factorized } from "../factorized.ts";
import type { Neighbourhood } from "../neighbourhood.ts";
import {
  preparedFactorized,
  preparedNeighbourhood,
  type PreparedVicinity,
  type TokenTable,
} from "../prepared.ts";
import type { Dense } from "../vicinity.ts";
import { type AttentionExtents, type AttentionVariant, chooseVariant } from "./kernel_choice.ts";
import { attendPatches, patchSpec } from "./neighbour_patches.ts";
import { type NeighbourTiles, neighbourTiles } from "./neighbour_tiles.ts";
import { record } from "./record.ts";
import { scoresAttention } from "./scores.ts";
import { selectWindows } from "./select_blocks.ts";

/** Options of {@link attention}. */
export interface AttentionOptions {
  /** Factor of the scores; 1 / √width when absent. */
  readonly scale?: number;
  /**
   * Added to the scores: `[batch, heads, queries, keys]` for dense attention, `[groups, heads,
   * query slots, key slots]` for gathered attention, where the first two extents may be 1, and
   * `[heads, 2·kernel-1, ...]` by relative place for neighbourhoods.
   */
  readonly bias?: Tensor;
  /** `[batch, keys]`, u32: keys with 0 are not seen. A query that sees none gives zeros. */
  readonly mask?: Tensor;
  /** Channels of a wider tensor to write the result to; for dense and factorized vicinities. */
  readonly into?: AttentionTarget;
  /** Kernel to force; the adapter decides when absent. */
  readonly variant?: AttentionVariant;
}

/** Where a result goes that is a part of something wider. */
export interface AttentionTarget {
  /**
   * `[batches, queries, channels]`. Where the queries have more batches than it, they are groups of
   * heads: those of the first lie behind `channel`, those of the next one behind them.
   */
  readonly tensor: Tensor;
  /** First channel of the result, a multiple of 4. */
  readonly channel: number;
}

/**
 * `softmax(scale · q kᵀ + bias) v` where each query sees the keys of its vicinity only. Queries
 * that see nothing give zeros.
 *
 * @param q `[batch, heads, queries, width]`, width a multiple of 4.
 * @param k `[batch, heads, keys, width]`.
 * @param v Same shape as k.
 * @param vicinity Who attends to whom, with its tables on the GPU; `dense()`,
 *   `factorized()` (whose keys and values are those of `fusedKeys`) and `neighbourhood()` need none.
 * @param options Scale, bias, mask.
 * @returns `[batch, queries, heads, width]`: rows ready for a projection; or the tensor that the result
 *   was written into.
 * @throws {ShapeError} If the shapes do not fit, or a dtype is not f32.
 *
 * @example
 * ```ts
 * import { open } from "@vicinity/tensor";
 * import { attention, dense } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const q = gpu.tensor([1, 1, 1, 4], new Float32Array(4));
 * const kv = gpu.tensor([1, 1, 2, 4], Float32Array.of(0, 0, 0, 0, 2, 4, 6, 8));
 * const [y = []] = await gpu.read([attention(q, kv, kv, dense())]);
 * assert.deepEqual([...y], [1, 2, 3, 4]);
 * ```
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  vicinity: PreparedVicinity | Dense | Factorized | Neighbourhood,
  options: AttentionOptions = {},
): Tensor {
  const given = preparedOf(vicinity);
  checkShapes(q, k, v, given);
  checkF32("attention", { q, k, v, bias: options.bias, into: options.into?.tensor });
  const [batch = 0, heads = 0, tokens = 0, width = 0] = q.shape;
  const prepared = seesAll(given, tokens, k.shape[2] ?? 0) ? ALL : given;
  const { queries, keys, topk, neighbours, segments } = prepared;
  const tiles = neighbours && neighbourTiles(neighbours, q.gpu.caps);
  const blocks = queries && keys && topk !== undefined
    ? selectWindows(q, k, { queries, keys, topk })
    : undefined;
  const access: AccessSpec = {
    tables: queries !== undefined,
    listed: blocks !== undefined,
    bias: options.bias !== undefined,
    mask: options.mask !== undefined,
    neighbours: tiles?.spec,
    segments: segments !== undefined,
  };
  const extents: AttentionExtents = {
    quads: width / 4,
    queries: tiles?.queries ?? segments?.longest ?? queries?.length ?? tokens,
    keys: tiles?.keys ?? segments?.longest ?? keys?.length ?? k.shape[2] ?? 0,
    blocks: blocks?.shape[3] ?? 1,
  };
  const patches = neighbours && !options.mask && patchSpec(neighbours, q.gpu.caps, extents.quads);
  const variant = options.variant ??
    chooseVariant(q.gpu.caps, access, extents, {
      partial: options.into !== undefined,
      patches: Boolean(patches),
    });
  const scale = options.scale ?? 1 / Math.sqrt(width);
  if (variant === "scores") {
    checkPlain(access, options.into);
    return scoresAttention(q, k, v, scale);
  }
  const y = options.into?.tensor ?? q.gpu.empty([batch, tokens, heads, width]);
  const groups = tiles?.groups ?? (segments ? sizeOf(segments.starts.shape) - 1 : queries?.rows) ??
    1;
  const params: CallParams & Partial<NeighbourParams> = {
    heads,
    queries: tokens,
    keys: k.shape[2] ?? 0,
    quads: extents.quads,
    query_length: extents.queries,
    key_length: extents.keys,
    key_head_stride: keys && keys.sets > 1 ? keys.rows * keys.length : 0,
    block_count: extents.blocks,
    groups,
    ...placeOf(options.into, q),
    ...(tiles
      ? neighbourBias(options.bias, heads, tiles)
      : biasStrides(options.bias, queries ? groups : batch, heads, access, extents)),
    scale,
    ...tiles?.params,
  };
  checkMask(options.mask, k);
  const some = (queries || tiles || segments) && prepared.listed < tokens;
  if (some || extents.keys === 0) clearResult(y, options.into);
  const flops = 16 * batch * heads * extents.quads *
    (tiles?.seen ?? (segments ? tokens : groups * extents.queries * extents.blocks) * extents.keys);
  if (variant === "patches") {
    if (!neighbours || !patches) throw noPatches();
    attendPatches({
      vicinity: neighbours,
      spec: patches,
      q,
      k,
      v,
      y,
      bias: options.bias,
      params,
      flops,
    });
    return y;
  }
  record({
    variant,
    access,
    extents,
    params,
    pairs: batch * heads,
    flops,
    tensors: [
      ...[q, k, v],
      ...(queries && keys ? [queries.tensor, keys.tensor] : []),
      ...(segments ? [segments.order, segments.starts] : []),
      ...(blocks ? [blocks] : []),
      ...(options.bias ? [options.bias] : []),
      ...(options.mask ? [options.mask] : []),
      y,
    ],
  });
  if (blocks) q.gpu.free(blocks);
  return y;
}

/** Tables of dense attention: none. */
const ALL: PreparedVicinity = { listed: 0, dispose: () => {} };

function preparedOf(
  vicinity: PreparedVicinity | Dense | Factorized | Neighbourhood,
): PreparedVicinity {
  if (!("kind" in vicinity)) return vicinity;
  if (vicinity.kind === "factorized") return preparedFactorized(vicinity);
  return vicinity.kind === "dense" ? ALL : preparedNeighbourhood(vicinity);
}

/** Whether so many windows are selected that every query sees every key. */
function seesAll(prepared: PreparedVicinity, queries: number, keys: number): boolean {
  const { queries: windows, topk, listed } = prepared;
  const all = windows !== undefined && topk !== undefined && topk >= windows.rows - 1;
  return all && listed === queries && listed === keys;
}

function checkShapes(q: Tensor, k: Tensor, v: Tensor, prepared: PreparedVicinity): void {
  const { queries, keys, neighbours, listed, fused } = prepared;
  const [batch, heads, tokens = 0, width = 0] = q.shape;
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
  if (fused !== undefined && k.shape[2] !== fused) {
    throw new ShapeError(
      `Cannot attend to keys [${k.shape}]: the vicinity has ${fused} fused keys. Make them by ` +
        "fusedKeys.",
    );
  }
  if (neighbours) {
    const padded = neighbours.padded.some((extent, axis) => extent !== neighbours.grid[axis]);
    const wanted = padded ? listed + 1 : listed;
    if ((k.shape[2] ?? 0) !== wanted || tokens < listed) {
      throw new ShapeError(
        `Cannot attend in neighbourhoods on a grid [${neighbours.grid}] from ${tokens} queries to ` +
          `${k.shape[2]} keys: give ${listed} queries and ${wanted} keys` +
          (padded ? ", the last one standing for the padding." : "."),
      );
    }
  }
  checkTable("queries", queries ?? prepared.segments, tokens);
  checkTable("keys", keys ?? prepared.segments, k.shape[2] ?? 0);
  if (keys && keys.sets > 1 && keys.sets !== heads) {
    throw new ShapeError(
      `Cannot attend with ${heads} heads: the vicinity lists the keys of ${keys.sets} heads.`,
    );
  }
}

function checkTable(
  what: string,
  table: Pick<TokenTable, "end"> | undefined,
  tokens: number,
): void {
  if (table && table.end > tokens) {
    throw new ShapeError(
      `Cannot attend with ${tokens} ${what}: the vicinity names token ${table.end - 1}. Prepare ` +
        `one for as many tokens.`,
    );
  }
}

function checkMask(mask: Tensor | undefined, k: Tensor): void {
  const [batch, , keys] = k.shape;
  if (mask && (mask.dtype !== "u32" || mask.shape.join() !== [batch, keys].join())) {
    throw new ShapeError(
      `Cannot hide keys by a mask of ${mask.dtype} [${mask.shape}]: give u32 [${batch}, ${keys}].`,
    );
  }
}

/** Where the results of a query lie, in quads. */
function placeOf(
  into: AttentionTarget | undefined,
  { shape: [batch = 0, heads = 0, queries = 0, width = 0] }: Tensor,
): Pick<AccessParams, "result_row" | "result_first" | "result_batches"> {
  const quads = width / 4;
  if (!into) return { result_row: heads * quads, result_first: 0, result_batches: batch };
  const { tensor: { shape }, channel } = into;
  const [batches = 0, rows = 0, channels = 0] = shape;
  const end = channel + batch / batches * heads * width;
  const fits = shape.length === 3 && rows === queries && batch % batches === 0 && end <= channels;
  if (!fits || channels % 4 !== 0 || channel % 4 !== 0) {
    throw new ShapeError(
      `Cannot write the attention of [${[
        batch,
        heads,
        queries,
        width,
      ]}] into channel ${channel} of ` +
        `[${shape}]: give [batches, ${queries}, channels] with room for it, in fours.`,
    );
  }
  return { result_row: channels / 4, result_first: channel / 4, result_batches: batches };
}

function clearResult(y: Tensor, into: AttentionTarget | undefined): void {
  if (into) {
    throw new ShapeError(
      "Cannot write into a wider tensor where some queries see nothing: leave `into` out.",
    );
  }
  y.gpu.clear(y);
}

function checkPlain(access: AccessSpec, into: AttentionTarget | undefined): void {
  if (into || access.tables || access.bias || access.mask || access.neighbours || access.segments) {
    throw new ShapeError(
      "Cannot attend by scores in memory with tables, bias or mask, or into a wider tensor: choose " +
        "another variant.",
    );
  }
}

function noPatches(): ShapeError {
  return new ShapeError(
    "Cannot attend by patches: they are for neighbourhoods of a few hundred keys without a mask, " +
      "on adapters with subgroups of one size, 4 to 16 lanes. Choose another variant.",
  );
}

function neighbourBias(
  bias: Tensor | undefined,
  heads: number,
  { spec }: NeighbourTiles,
): Pick<AccessParams, "bias_group_stride" | "bias_head_stride"> {
  const table = spec.kernel.reduce((size, kernel) => size * (2 * kernel - 1), 1);
  if (bias && (bias.shape[0] !== heads || sizeOf(bias.shape) !== heads * table)) {
    throw new ShapeError(
      `Cannot add a bias of shape [${bias.shape}] to the scores of neighbourhoods ` +
        `[${spec.kernel}]: give [${heads} heads, 2 · kernel - 1 along each axis].`,
    );
  }
  return { bias_group_stride: 0, bias_head_stride: table };
}

function biasStrides(
  bias: Tensor | undefined,
  outer: number,
  heads: number,
  { listed, segments = false }: AccessSpec,
  { queries, keys }: AttentionExtents,
): Pick<AccessParams, "bias_group_stride" | "bias_head_stride"> {
  if (!bias) return { bias_group_stride: 0, bias_head_stride: 0 };
  const [biasOuter = 0, biasHeads = 0] = bias.shape;
  const fits = [1, outer].includes(biasOuter) && [1, heads].includes(biasHeads);
  if (listed || segments || !fits || bias.shape.slice(2).join() !== [queries, keys].join()) {
    throw new ShapeError(
      `Cannot add a bias of shape [${bias.shape}] to the scores: ` +
        (listed || segments
          ? "the keys have no fixed places. Leave it out."
          : `give [1 or ${outer}, 1 or ${heads}, ${queries}, ${keys}].`),
    );
  }
  return {
    bias_group_stride: biasOuter === 1 ? 0 : biasHeads * queries * keys,
    bias_head_stride: biasHeads === 1 ? 0 : queries * keys,
  };
}

/**
 * The parts of a projection that was split into heads, as {@link attention} takes them. Where the
 * device allows it nothing moves.
 *
 * @param x `[parts, batch, heads, tokens, width]`, from a linear layer that splits its output.
 * @returns One `[batch, heads, tokens, width]` a part.
 *
 * @example
 * ```ts
 * import { linear, open, packWeight } from "@vicinity/tensor";
 * import { splitParts } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const weight = packWeight(gpu, new Float32Array(24 * 8), [24, 8]);
 * const qkv = linear(gpu.empty([1, 5, 8]), weight, { heads: { parts: 3, heads: 2 } });
 * assert.deepEqual(splitParts(qkv).map(({ shape }) => shape), Array(3).fill([1, 2, 5, 4]));
 * ```
 */
export function splitParts(x: Tensor): Tensor[] {
  const [parts = 0, ...shape] = x.shape;
  const bytes = bytesOf(shape, x.dtype);
  const aligned = bytes % x.gpu.caps.limits.minStorageBufferOffsetAlignment === 0;
  return Array.from(
    { length: parts },
    (_, part) =>
      aligned
        ? { ...x, shape, offset: x.offset + part * bytes }
        : reshape(slice(reshape(x, [parts, sizeOf(shape)]), 0, part, 1), shape),
  );
}
