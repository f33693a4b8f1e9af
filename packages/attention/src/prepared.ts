/** Vicinities with their tables on the GPU. */
import type { Gpu, Tensor } from "@vicinity/tensor";
import type { Vicinity } from "./vicinity.ts";

/** Stands for "no token" in a table. */
export const ABSENT = 0xffffffff;

/** Rows of token indices, padded to one length. */
export interface TokenTable {
  /** `[rows, length]`, u32. */
  readonly tensor: Tensor;
  /** Number of rows. */
  readonly rows: number;
  /** Tokens of the longest row. */
  readonly length: number;
}

/** A vicinity that attention can run, also inside plans. */
export interface PreparedVicinity {
  /** The definition. */
  readonly vicinity: Vicinity;
  /** Queries of each group; none for dense attention. */
  readonly queries?: TokenTable;
  /** Keys of each block. A group sees the block of its own number, and selected others. */
  readonly keys?: TokenTable;
  /** Frees the tables. */
  dispose(): void;
}

/**
 * Uploads the tables of a vicinity.
 *
 * @param gpu The context.
 * @param vicinity Who attends to whom.
 * @returns The prepared vicinity; dispose it after the plans that use it.
 */
export function prepareVicinity(gpu: Gpu, vicinity: Vicinity): PreparedVicinity {
  if (vicinity.kind === "dense") return { vicinity, dispose: () => {} };
  const [queryRows, keyRows] = vicinity.kind === "gathered"
    ? [vicinity.queries, vicinity.keys]
    : [vicinity.windows, vicinity.windows];
  const queries = uploadTable(gpu, queryRows);
  const keys = keyRows === queryRows ? queries : uploadTable(gpu, keyRows);
  return {
    vicinity,
    queries,
    keys,
    dispose: () => {
      gpu.free(queries.tensor);
      if (keys !== queries) gpu.free(keys.tensor);
    },
  };
}

function uploadTable(gpu: Gpu, rows: readonly (readonly number[])[]): TokenTable {
  const length = Math.max(1, ...rows.map((tokens) => tokens.length));
  const table = new Uint32Array(rows.length * length).fill(ABSENT);
  rows.forEach((tokens, row) => table.set(tokens, row * length));
  const tensor = gpu.persistent([rows.length, length], "u32");
  gpu.write(tensor, table);
  return { tensor, rows: rows.length, length };
}
