/**
 * Vicinities: for a query, which keys it sees. Each answers through `keysOf`, from which the tables
 * of the kernels, the float64 reference and the pictures in documents are made, so that they cannot
 * disagree about the definition.
 */
import { ShapeError } from "@vicinity/tensor";
import { type Factorized, fusedTokens } from "./factorized.ts";
import { type Neighbourhood, neighboursOf } from "./neighbourhood.ts";

/** Every query sees every key. */
export interface Dense {
  /** Tag of the union. */
  readonly kind: "dense";
}

/** Stands for "no token" in lists and tables. */
export const ABSENT = 0xffffffff;

/** Lists of token indices, one a group; {@link ABSENT} keeps a place free. */
export type TokenLists = readonly (readonly number[])[];

/** Groups of queries that see the same keys, given by lists of token indices. */
export interface Gathered {
  /** Tag of the union. */
  readonly kind: "gathered";
  /** Each group's queries; a token may be missing, then it sees nothing, but not repeated. */
  readonly queries: TokenLists;
  /** Each group's keys: one set of lists for all heads, or one for each head. */
  readonly keys: readonly TokenLists[];
}

/**
 * Windows of one frame that also see the most relevant other windows of all frames. Which these
 * are depends on the data: the partners of window a are the `topk` largest of
 * `mean(q over a) · mean(k over b)`, equal ones by lower index.
 */
export interface SparseLocal {
  /** Tag of the union. */
  readonly kind: "sparse local";
  /** Token indices of each window, windows in (frame, row, column) order. */
  readonly windows: TokenLists;
  /** Partners a window; fewer where there are not as many others. */
  readonly topk: number;
}

/**
 * Stretches of a list of tokens, each attending to itself: sets that are not of one size, such as
 * those of DSVT. A token may be missing, then it sees nothing, but not repeated.
 */
export interface Segments {
  /** Tag of the union. */
  readonly kind: "segments";
  /** The tokens, stretch by stretch. */
  readonly order: Uint32Array<ArrayBuffer>;
  /** Where each stretch starts in `order`; one entry more than stretches. */
  readonly starts: Uint32Array<ArrayBuffer>;
}

/** Any vicinity. */
export type Vicinity = Dense | Factorized | Gathered | SparseLocal | Neighbourhood | Segments;

/**
 * Every query sees every key.
 *
 * @returns The vicinity.
 *
 * @example
 * ```ts
 * import { dense, keysOf } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(keysOf(dense(), 1, { keys: 3 }), [0, 1, 2]);
 * ```
 */
export function dense(): Dense {
  return { kind: "dense" };
}

/** Lists for {@link gathered}. */
export interface GatheredOptions {
  /** Each group's queries; no token twice. */
  readonly queries: TokenLists;
  /** Each group's keys, the same for all heads. */
  readonly keys?: TokenLists;
  /** For each head each group's keys, in place of `keys`. */
  readonly headKeys?: readonly TokenLists[];
}

/**
 * Groups of queries and keys from lists.
 *
 * @param options For each group the token indices of its queries and of its keys.
 * @returns The vicinity.
 * @throws {ShapeError} If there are not as many lists of keys as of queries.
 *
 * @example
 * ```ts
 * import { gathered, keysOf } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * const pairs = gathered({ queries: [[0, 2], [1, 3]], keys: [[0, 1], [2, 3]] });
 * assert.deepEqual(keysOf(pairs, 3, { keys: 4 }), [2, 3]);
 * ```
 */
export function gathered({ queries, keys = [], headKeys = [keys] }: GatheredOptions): Gathered {
  const wrong = headKeys.find((lists) => lists.length !== queries.length);
  if (wrong) {
    throw new ShapeError(
      `Cannot gather: ${queries.length} groups of queries against ${wrong.length} groups of ` +
        `keys. Give each group one list of each.`,
    );
  }
  return { kind: "gathered", queries, keys: headKeys };
}

/**
 * Stretches of a list of tokens.
 *
 * @param order The tokens, stretch by stretch.
 * @param starts Where each stretch starts, and where the last one ends.
 * @returns The vicinity.
 * @throws {ShapeError} If the starts do not rise from 0 to the number of tokens.
 *
 * @example
 * ```ts
 * import { keysOf, segments } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * const sets = segments(Uint32Array.of(4, 0, 2, 1), Uint32Array.of(0, 3, 4));
 * assert.deepEqual(keysOf(sets, 2, { keys: 5 }), [4, 0, 2]);
 * ```
 */
export function segments(
  order: Uint32Array<ArrayBuffer>,
  starts: Uint32Array<ArrayBuffer>,
): Segments {
  const rising = starts.every((start, index) => start >= (starts[index - 1] ?? 0));
  if (starts.length === 0 || starts[0] !== 0 || starts.at(-1) !== order.length || !rising) {
    throw new ShapeError(
      `Cannot cut ${order.length} tokens into stretches that start at ` +
        `${starts.slice(0, 3)}…${
          starts.slice(-1)
        }: give starts that rise from 0 to ${order.length}.`,
    );
  }
  return { kind: "segments", order, starts };
}

/** Options of {@link window}. */
export interface WindowOptions {
  /** Rows and columns of tokens. */
  readonly grid: readonly [rows: number, cols: number];
  /** Rows and columns of a window. */
  readonly size: readonly [rows: number, cols: number];
  /**
   * Rows and columns by which the windows are moved down and right, as after a cyclic shift of the
   * picture in Swin; the windows at the border hold what is there.
   */
  readonly shift?: readonly [rows: number, cols: number];
}

/**
 * Windows of a picture, each attending to itself. A token has the place in its list that it has in
 * its window, so that one bias fits all windows; places outside the picture are free.
 *
 * @param options Grid, window and shift.
 * @returns The vicinity; tokens in raster order.
 *
 * @example
 * ```ts
 * import { keysOf, window } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * const halves = window({ grid: [2, 4], size: [2, 2] });
 * assert.deepEqual(keysOf(halves, 7, { keys: 8 }), [2, 3, 6, 7]);
 * ```
 */
export function window(options: WindowOptions): Gathered {
  const { grid, size, shift = [0, 0] } = options;
  const windows = cutWindows([1, ...grid], size, shift);
  return { kind: "gathered", queries: windows, keys: [windows] };
}

/** Options of {@link sparseLocal}. */
export interface SparseLocalOptions {
  /** Frames, rows and columns of tokens. */
  readonly grid: readonly [frames: number, rows: number, cols: number];
  /** Rows and columns of a window, inside one frame. */
  readonly window: readonly [rows: number, cols: number];
  /** Partner windows a window. */
  readonly topk: number;
}

/**
 * SimpleGVR's sparse local attention.
 *
 * @param options Grid, window and number of partners.
 * @returns The vicinity; tokens in (frame, row, column) order.
 *
 * @example
 * ```ts
 * import { keysOf, sparseLocal } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * const columns = sparseLocal({ grid: [1, 2, 3], window: [2, 1], topk: 1 });
 * assert.deepEqual(keysOf(columns, 0, { keys: 6, partners: [[2], [0], [0]] }), [0, 3, 2, 5]);
 * ```
 */
export function sparseLocal({ grid, window: size, topk }: SparseLocalOptions): SparseLocal {
  const windows = cutWindows(grid, size, [0, 0]);
  return { kind: "sparse local", windows: windows.map((tokens) => tokens.filter(isToken)), topk };
}

function cutWindows(
  [frames, rows, cols]: readonly [number, number, number],
  size: readonly [number, number],
  shift: readonly [number, number],
): number[][] {
  if (![frames, rows, cols, ...size].every((extent) => extent > 0)) {
    throw new ShapeError(
      `Cannot cut windows of [${size}] out of [${[frames, rows, cols]}]: nothing may be empty.`,
    );
  }
  const windows: number[][] = [];
  for (let frame = 0; frame < frames; frame++) {
    for (const top of starts(rows, size[0], shift[0])) {
      for (const left of starts(cols, size[1], shift[1])) {
        windows.push(Array.from({ length: size[0] * size[1] }, (_, place) => {
          const row = top + Math.floor(place / size[1]);
          const col = left + place % size[1];
          const inside = row >= 0 && row < rows && col >= 0 && col < cols;
          return inside ? (frame * rows + row) * cols + col : ABSENT;
        }));
      }
    }
  }
  return windows;
}

/** Where the windows of an axis start; the first one may start before the axis. */
function starts(extent: number, size: number, shift: number): number[] {
  const phase = (shift % size + size) % size;
  const first = phase === 0 ? 0 : phase - size;
  return Array.from({ length: Math.ceil((extent - first) / size) }, (_, i) => first + i * size);
}

/**
 * Whether an entry of a list is a token.
 *
 * @param entry Token index or {@link ABSENT}.
 * @returns False for {@link ABSENT}.
 */
export function isToken(entry: number): boolean {
  return entry !== ABSENT;
}

/** What {@link keysOf} needs to know beside the vicinity. */
export interface KeysContext {
  /** Number of keys, for dense attention. */
  readonly keys: number;
  /** Head, for lists that differ between heads; 0 when absent. */
  readonly head?: number;
  /** Partners that were selected for each window, for sparse local attention. */
  readonly partners?: TokenLists;
}

/**
 * The keys that a query sees.
 *
 * @param vicinity Who attends to whom.
 * @param query Index of the query's token.
 * @param context Number of keys, head, and selected partners.
 * @returns Token indices of the keys, each once but for the one that stands for padding.
 */
export function keysOf(vicinity: Vicinity, query: number, context: KeysContext): number[] {
  return keyPlacesOf(vicinity, query, context).filter(isToken);
}

/**
 * The keys that a query sees, with free places where its list has some.
 *
 * @param vicinity Who attends to whom.
 * @param query Index of the query's token.
 * @param context Number of keys, head, and selected partners.
 * @returns Token indices and {@link ABSENT}.
 */
export function keyPlacesOf(vicinity: Vicinity, query: number, context: KeysContext): number[] {
  switch (vicinity.kind) {
    case "dense":
      return Array.from({ length: context.keys }, (_, key) => key);
    case "factorized":
      return fusedTokens(vicinity);
    case "neighbourhood":
      return [...neighboursOf(vicinity, query).tokens];
    case "gathered": {
      const group = vicinity.queries.findIndex((queries) => queries.includes(query));
      const lists = vicinity.keys[(context.head ?? 0) % vicinity.keys.length];
      return [...lists?.[group] ?? []];
    }
    case "segments": {
      const { order, starts } = vicinity;
      const rank = order.indexOf(query);
      const next = rank < 0 ? 0 : starts.findIndex((start) => start > rank);
      return next === 0 ? [] : [...order.subarray(starts[next - 1], starts[next])];
    }
    case "sparse local": {
      const own = vicinity.windows.findIndex((tokens) => tokens.includes(query));
      const seen = [own, ...context.partners?.[own] ?? []];
      return seen.flatMap((index) => vicinity.windows[index] ?? []);
    }
  }
}
