/** Vicinities with their tables on the GPU. */
import { type Gpu, ShapeError, type Tensor } from "@vicinity/tensor";
import type { Factorized } from "./factorized.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import { ABSENT, isToken, type Segments, type TokenLists, type Vicinity } from "./vicinity.ts";

/** Rows of token indices, padded to one length with {@link ABSENT}. */
export interface TokenTable {
  /** `[sets, rows, length]`, u32. */
  readonly tensor: Tensor;
  /** Sets of rows: one for all heads, or one for each head. */
  readonly sets: number;
  /** Number of rows of a set. */
  readonly rows: number;
  /** Tokens of the longest row. */
  readonly length: number;
  /** The largest token and 1; 0 where only the GPU knows the tokens. */
  readonly end: number;
}

/** Stretches of a list of tokens on the GPU. */
export interface SegmentTable {
  /** `[tokens]`, u32. */
  readonly order: Tensor;
  /** `[stretches + 1]`, u32. */
  readonly starts: Tensor;
  /** No stretch has more tokens. */
  readonly longest: number;
  /** The largest token and 1; 0 where only the GPU knows the tokens. */
  readonly end: number;
}

/** A vicinity that attention can run, also inside plans. */
export interface PreparedVicinity {
  /** Queries of each group; none for dense attention. */
  readonly queries?: TokenTable;
  /** Keys of each block. A group sees the block of its own number, and selected others. */
  readonly keys?: TokenTable;
  /** Query tokens that are in no group see nothing; this many are in one. */
  readonly listed: number;
  /** Blocks of keys to select for each group beside its own; none are selected when absent. */
  readonly topk?: number;
  /** Number of keys, where they are fused. */
  readonly fused?: number;
  /** Stretches that attend to themselves, in place of tables. */
  readonly segments?: SegmentTable;
  /** The grid that tokens are computed from, in place of tables. */
  readonly neighbours?: Neighbourhood;
  /** Frees the tables. */
  dispose(): void;
}

/**
 * Uploads the tables of a vicinity, before plans are traced.
 *
 * @param gpu The context.
 * @param vicinity Who attends to whom.
 * @returns The prepared vicinity; dispose it after the plans that use it.
 *
 * @example
 * ```ts
 * import { open } from "@vicinity/tensor";
 * import { attention, prepareVicinity, window } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const windows = prepareVicinity(gpu, window({ grid: [4, 4], size: [2, 2] }));
 * const q = gpu.tensor([1, 1, 16, 4], new Float32Array(64).fill(1));
 * const [y = []] = await gpu.read([attention(q, q, q, windows)]);
 * assert.equal(y[0], 1);
 * windows.dispose();
 * ```
 */
export function prepareVicinity(gpu: Gpu, vicinity: Vicinity): PreparedVicinity {
  if (vicinity.kind === "dense") return { listed: 0, dispose: () => {} };
  if (vicinity.kind === "factorized") return preparedFactorized(vicinity);
  if (vicinity.kind === "neighbourhood") return preparedNeighbourhood(vicinity);
  if (vicinity.kind === "segments") return uploadSegments(gpu, vicinity);
  const [queryRows, keySets] = vicinity.kind === "gathered"
    ? [vicinity.queries, vicinity.keys]
    : [vicinity.windows, [vicinity.windows]];
  const queries = uploadTable(gpu, [queryRows]);
  const shared = keySets.length === 1 && keySets[0] === queryRows;
  const keys = shared ? queries : uploadTable(gpu, keySets);
  return {
    queries,
    keys,
    listed: queryRows.reduce((sum, tokens) => sum + tokens.filter(isToken).length, 0),
    ...(vicinity.kind === "sparse local" ? { topk: vicinity.topk } : {}),
    dispose: () => {
      gpu.free(queries.tensor);
      if (!shared) gpu.free(keys.tensor);
    },
  };
}

/** Fused keys need no tables either: there are as many as a window has places, and all are seen. */
export function preparedFactorized({ size }: Factorized): PreparedVicinity {
  return { fused: size ** 2, listed: 0, dispose: () => {} };
}

/** Neighbourhoods need no tables. */
export function preparedNeighbourhood(neighbours: Neighbourhood): PreparedVicinity {
  const [frames, rows, cols] = neighbours.grid;
  return { neighbours, listed: frames * rows * cols, dispose: () => {} };
}

/**
 * A vicinity from tables that were made on the GPU.
 *
 * @param queries `[groups, slots]`, u32 tokens, no token twice, {@link ABSENT} for none.
 * @param keys `[groups, slots]`, or `[heads, groups, slots]` where heads see different keys.
 * @returns The vicinity; the tables stay the caller's.
 * @throws {ShapeError} If the tables do not have the same groups.
 */
export function vicinityFromTables(queries: Tensor, keys: Tensor): PreparedVicinity {
  const [rows = 0, length = 0] = queries.shape;
  const [sets = 0, keyRows = 0, keyLength = 0] = keys.shape.length === 2
    ? [1, ...keys.shape]
    : keys.shape;
  if (queries.shape.length !== 2 || keys.shape.length > 3 || keyRows !== rows) {
    throw new ShapeError(
      `Cannot attend by tables of queries [${queries.shape}] and keys [${keys.shape}]: give ` +
        `[groups, slots] and [groups, slots] or [heads, groups, slots].`,
    );
  }
  return {
    queries: { tensor: queries, sets: 1, rows, length, end: 0 },
    keys: { tensor: keys, sets, rows, length: keyLength, end: 0 },
    listed: 0,
    dispose: () => {},
  };
}

/**
 * Stretches of a list of tokens that is made on the GPU, or comes into a plan from the host.
 *
 * @param order u32 `[tokens]`, no token twice; behind the end of the last stretch anything may stand.
 * @param starts u32 `[stretches + 1]`, rising; stretches without tokens are skipped.
 * @param longest No stretch has more tokens.
 * @returns The vicinity; the tensors stay the caller's.
 * @throws {ShapeError} If the tensors are not lists of u32.
 */
export function vicinityFromSegments(
  order: Tensor,
  starts: Tensor,
  longest: number,
): PreparedVicinity {
  const lists = [order, starts].every(({ dtype, shape }) => dtype === "u32" && shape.length === 1);
  if (!lists || starts.shape[0] === 0) {
    throw new ShapeError(
      `Cannot attend in stretches of ${order.dtype} [${order.shape}] that start at ` +
        `${starts.dtype} [${starts.shape}]: give u32 [tokens] and [stretches + 1].`,
    );
  }
  return { segments: { order, starts, longest, end: 0 }, listed: 0, dispose: () => {} };
}

function uploadSegments(gpu: Gpu, { order, starts }: Segments): PreparedVicinity {
  const [orderTensor, startsTensor] = [order, starts].map((values) => {
    const tensor = gpu.persistent([values.length], "u32");
    gpu.write(tensor, values);
    return tensor;
  }) as [Tensor, Tensor];
  const longest = starts.reduce(
    (most, start, index) => Math.max(most, start - (starts[index - 1] ?? 0)),
    0,
  );
  const end = order.reduce((last, token) => Math.max(last, token + 1), 0);
  return {
    segments: { order: orderTensor, starts: startsTensor, longest, end },
    listed: order.length,
    dispose: () => {
      gpu.free(orderTensor);
      gpu.free(startsTensor);
    },
  };
}

function uploadTable(gpu: Gpu, sets: readonly TokenLists[]): TokenTable {
  const lists = sets.flat();
  const rows = sets[0]?.length ?? 0;
  const length = lists.reduce((longest, tokens) => Math.max(longest, tokens.length), 1);
  const table = new Uint32Array(lists.length * length).fill(ABSENT);
  lists.forEach((tokens, row) => table.set(tokens, row * length));
  const tensor = gpu.persistent([sets.length, rows, length], "u32");
  gpu.write(tensor, table);
  const end = table.reduce((last, token) => isToken(token) ? Math.max(last, token + 1) : last, 0);
  return { tensor, sets: sets.length, rows, length, end };
}
