/** What identifies the code of the kernels that a tuning compares. */
import type { StoreSpec } from "../kernels/gemm_epilogue.ts";
import { gemv, type GemvSpec } from "../kernels/gemv.ts";
import { implicitGemm, type ImplicitGemmSpec } from "../kernels/implicit_gemm.ts";
import { mlp } from "../kernels/mlp.ts";
import { norm } from "../kernels/norm.ts";
import { softmax } from "../kernels/softmax.ts";
import { sumSplits } from "../kernels/sum_splits.ts";
import type { Kernel } from "../wgsl/kernel.ts";
import { ROW_THREADS } from "../wgsl/row_walk.ts";
import { CANDIDATES } from "./tuning.ts";

const STORE: StoreSpec = {
  store: "rows",
  fours: false,
  half: false,
  epilogue: {
    bias: true,
    lookup: false,
    activation: "none",
    scale: false,
    residual: false,
    finalActivation: "none",
  },
};

type GemmTile = Pick<ImplicitGemmSpec, "variant" | "lanes" | "rows" | "columns">;

const TILES: readonly GemmTile[] = [
  { variant: "lanes", lanes: 8, rows: 32, columns: 4 },
  { variant: "registers", lanes: 8, rows: 8, columns: 4 },
  { variant: "shared", lanes: 8, rows: 4, columns: 4 },
];
const TALL: GemmTile = { variant: "shared", lanes: 8, rows: 8, columns: 4 };

function product(tile: GemmTile, direct: boolean, split = false): Kernel {
  return implicitGemm({
    ...STORE,
    ...tile,
    taps: direct ? [1, 1, 1] : [1, 3, 3],
    direct,
    vector: true,
    upsample: false,
    sparse: false,
    batchAxes: 0,
    split,
    stored: "f32",
  });
}

function fewRows(operand: GemvSpec["operand"]): Kernel {
  return gemv({
    ...STORE,
    operand,
    rows: 4,
    columns: 16,
    slices: 16,
    subgroup: false,
    vector: true,
    batchAxes: 0,
  });
}

/** A kernel of each candidate, with a spec that stands for the others. */
function candidateKernels(): Kernel[] {
  const vectors = { weight: true, bias: true, scale: false, shift: false };
  return [
    ...TILES.flatMap((tile) => [
      product(tile, true),
      product(tile, false),
      product(tile, true, true),
    ]),
    product(TALL, true),
    sumSplits(STORE),
    fewRows({ kind: "matrix", transposed: false }),
    fewRows({ kind: "panels", width: 32, columns: 4, stored: "f32" }),
    ...CANDIDATES.rows.flatMap((variant) => [
      norm({
        ...vectors,
        ...{ kind: "layer", variant, threads: ROW_THREADS, vector: true, activation: "none" },
        ...{ residual: false, half: false, held: 0, even: false, repeated: false },
      }),
      softmax({ variant, threads: ROW_THREADS, vector: true, mask: false }),
    ]),
    ...[false, true].map((convolved) =>
      mlp({ dim: 64, convolved, activation: "gelu", residual: true })
    ),
  ];
}

/**
 * A checksum of the kernels that there are to choose from, by their names and by their code: a tuning
 * counts only for the kernels that it compared.
 *
 * @param others Kernels of other packages that are tuned, such as `attentionCandidates()` of
 *   `@vicinity/attention`.
 * @returns Hexadecimal digits.
 *
 * @example
 * ```ts
 * import { candidatesChecksum } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * assert.match(await candidatesChecksum(), /^[0-9a-f]{16}$/);
 * ```
 */
export async function candidatesChecksum(others: readonly Kernel[] = []): Promise<string> {
  const text = JSON.stringify([CANDIDATES, ...candidateKernels(), ...others]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest, 0, 8)].map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
