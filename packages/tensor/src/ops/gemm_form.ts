/** In which form a matrix product runs: what is left to choose once its weights are laid out. */
import { ShapeError } from "../errors.ts";
import { type Caps, MAX_CPU_ITERATIONS } from "../gpu/device.ts";
import { GEMV_ROWS, type GemvSpec, type MatrixOperand } from "../kernels/gemv.ts";
import { panelColumns, tileRows } from "../kernels/implicit_gemm.ts";
import { tunedVariant } from "../tune/tuning.ts";
import { fixedSubgroup } from "../wgsl/subgroups.ts";
import type { WeightTile } from "./packed_weight.ts";

/**
 * How a product runs over the panels of its weights: tiles of rows and columns; `tall`, twice as many
 * rows a thread (panels for workgroup memory); `split`, the depth in stretches that run side by side and
 * are then added; `gemv`, invocations share the depth of a column (at most 4 rows).
 */
export type GemmForm = "tile" | "tall" | "split" | "gemv";

/** What the choice depends on. */
export interface GemmExtents {
  /** Rows of a matrix. */
  readonly m: number;
  /** Columns of a matrix or group. */
  readonly n: number;
  /** Channels of a group in fours. */
  readonly quads: number;
  /** Taps of the kernel. */
  readonly taps: number;
  /** Groups of channels, or matrices of a batch. */
  readonly parts: number;
  /** Rows are pixels themselves. */
  readonly direct: boolean;
  /** There are no groups of channels and no pixels without a row. */
  readonly plain: boolean;
}

/**
 * Rows a thread that there are kernels for; those with more sums than this take long to compile. Maps of
 * 14 x 14 and 7 x 7 pixels leave nothing idle in tiles of 28 and hardly anything in tiles of 25.
 */
const ROWS = [64, 48, 32, 28, 25, 16, 8];
const MOST_ROWS = 64;
const MOST_SUMS = 144;
/** Workgroups below which some cores of a CPU have nothing to do. */
const ENOUGH_WORKGROUPS = 16;
/**
 * Workgroups of 128 rows from which a GPU has enough of them; lower tiles share fewer loads of weights.
 * Products of 2048 x 1024 x 1024 ran at 22 TFLOP/s on an NVIDIA H200, those of 1024 x 1024 x 1024, with
 * lower tiles, at 19.
 */
const ENOUGH_TALL_WORKGROUPS = 256;
/** Workgroups below which a GPU is mostly idle, and as many as it should have instead. Not measured. */
const FEW_GPU_WORKGROUPS = 64;
const ENOUGH_GPU_WORKGROUPS = 256;
/** Channel quads of a stretch that are worth a workgroup. */
const SHORTEST_STRETCH = 64;
/** Rows and results beyond which partial sums take too much memory and tiles too large a grid. */
const MOST_SPLIT = { rows: 2 ** 17, results: 2 ** 22 };
/** Time of a load in an inner loop, in products of a row with a column; measured on llvmpipe. */
const LOAD_COST = 8;

/** Workgroups of the general kernel with so many rows a thread. */
function workgroups(tile: WeightTile, { m, n, parts }: GemmExtents, rows: number): number {
  return Math.ceil(m / tileRows({ ...tile, rows })) * Math.ceil(n / panelColumns(tile)) * parts;
}

/** Channel quads over which tiles can loop on a CPU adapter, a multiple of 4; beside them rows are stored. */
function longestStretch(taps: number): number {
  return Math.max(4, Math.floor(((MAX_CPU_ITERATIONS - MOST_ROWS) / taps - 2) / 4) * 4);
}

/** The forms that a product can take. */
function formsOf(caps: Caps, { variant }: WeightTile, extents: GemmExtents): GemmForm[] {
  const { m, n, quads, taps, parts, direct, plain } = extents;
  const slices = caps.isCpu ? 1 : 16;
  const few = m <= GEMV_ROWS && direct && plain;
  const small = m <= MOST_SPLIT.rows && m * n * parts <= MOST_SPLIT.results;
  const trusted = (most: number) => !caps.isCpu || quads <= most;
  return [
    ...(trusted(longestStretch(taps)) ? ["tile"] as const : []),
    ...(variant === "shared" && direct ? ["tall"] as const : []),
    ...(quads >= 2 * SHORTEST_STRETCH && small ? ["split"] as const : []),
    ...(few && trusted(slices * (MAX_CPU_ITERATIONS - 1)) ? ["gemv"] as const : []),
  ];
}

/**
 * The form that suits an adapter: one that was measured for these extents, or by rule.
 *
 * @param caps Facts about the adapter.
 * @param tile What the weights are laid out for.
 * @param extents Sizes.
 * @param forced A form to use in any case.
 * @param family Whose measurements count where rows are pixels themselves; those of weights packed
 *   before when absent.
 * @returns The form.
 * @throws {ShapeError} If a form is asked for that the product cannot take.
 */
export function chooseForm(
  caps: Caps,
  tile: WeightTile,
  extents: GemmExtents,
  forced?: GemmForm,
  family: "gemm" | "matmul" = "gemm",
): GemmForm {
  const forms = formsOf(caps, tile, extents);
  const { m, n, quads, taps } = extents;
  const k = 4 * quads * taps;
  if (forced !== undefined && !forms.includes(forced)) {
    throw new ShapeError(
      `Cannot multiply ${m} rows by [${k}, ${n}] in the form ${forced}: ` +
        (forms.length > 0
          ? `it can run as ${forms.join(", ")}. Ask for one of these, or for none.`
          : `this adapter loops at most ${MAX_CPU_ITERATIONS} times, too few for any form. Multiply ` +
            "fewer rows or channels at once."),
    );
  }
  return forced ?? tunedVariant(caps, extents.direct ? family : "conv", { m, n, k }, forms) ??
    (caps.isCpu ? cpuRule(family, forms) : gpuRule(tile, extents, forms));
}

/**
 * On llvmpipe 1 to 4 rows by a matrix of 1024 x 1024 took 0.9 to 3.4 ms unpacked and 2.8 to 6.3 ms with
 * packing, but by packed weights 1.8 to 2.8 ms against 0.6 to 1.2 ms in tiles. Split depths were 1.1 to
 * 1.5 times slower than tiles at all extents: they are for those that tiles cannot loop over.
 */
function cpuRule(family: "gemm" | "matmul", forms: readonly GemmForm[]): GemmForm {
  const order: readonly GemmForm[] = family === "matmul"
    ? ["gemv", "tile", "split"]
    : ["tile", "split"];
  return order.find((form) => forms.includes(form)) ?? "tile";
}

/** What the tests hold right and nobody has measured on a card yet, but for the bound of `tall`. */
function gpuRule(
  tile: WeightTile,
  extents: GemmExtents,
  forms: readonly GemmForm[],
): GemmForm {
  if (forms.includes("gemv")) return "gemv";
  const tall = workgroups(tile, extents, 8) >= ENOUGH_TALL_WORKGROUPS;
  if (tall && forms.includes("tall")) return "tall";
  const few = workgroups(tile, extents, 4) < FEW_GPU_WORKGROUPS;
  return few && forms.includes("split") ? "split" : "tile";
}

/**
 * Rows a thread: many share the loads of weights, but they leave a remainder and need enough work.
 *
 * @param tile What the weights are laid out for.
 * @param extents Sizes.
 * @param form The form.
 * @returns Rows.
 */
export function rowsFor(tile: WeightTile, extents: GemmExtents, form: GemmForm): number {
  if (tile.variant === "registers") return 8;
  if (tile.variant === "shared") return form === "tall" ? 8 : 4;
  const tiles = (count: number) => Math.ceil(extents.m / count);
  const cost = (count: number) =>
    tiles(count) *
    (count * tile.columns + LOAD_COST * (tile.columns + Math.ceil(count / tile.lanes)));
  const possible = ROWS.filter((count) => count * tile.columns <= MOST_SUMS);
  const busy = possible.filter((count) => workgroups(tile, extents, count) >= ENOUGH_WORKGROUPS);
  const smallest = possible.at(-1) ?? tile.lanes;
  return busy.reduce((best, count) => cost(count) < cost(best) ? count : best, smallest);
}

/**
 * Channel quads of a stretch of a split depth: as many stretches as give all of the adapter work, and
 * as few iterations as it can be trusted with.
 *
 * @param caps Facts about the adapter.
 * @param tile What the weights are laid out for.
 * @param extents Sizes, with at least two of the shortest stretches.
 * @returns Quads, a multiple of 4.
 */
export function stretchFor(caps: Caps, tile: WeightTile, extents: GemmExtents): number {
  const { quads } = extents;
  const enough = caps.isCpu ? ENOUGH_WORKGROUPS : ENOUGH_GPU_WORKGROUPS;
  const rows = rowsFor(tile, extents, "split");
  const wanted = Math.ceil(enough / workgroups(tile, extents, rows));
  const splits = Math.max(
    2,
    Math.min(wanted, Math.floor(quads / SHORTEST_STRETCH)),
    Math.ceil(quads / longestStretch(extents.taps)),
  );
  return Math.ceil(quads / splits / 4) * 4;
}

/** Invocations of a workgroup of the kernel for few rows on a GPU, and columns that are read side by side. */
const GEMV_TILE = { threads: 256, columns: 16 };
/** Lanes that share the depth of a column where it lies in one piece; a CPU's vectors without subgroups. */
const DEPTH_LANES = 32;
const CPU_LANES = 8;

/**
 * How the kernel for few rows spreads its work.
 *
 * @param caps Facts about the adapter.
 * @param tile What the weights are laid out for.
 * @param matrix The second operand, when it is not packed.
 * @returns Columns of a workgroup, and how many invocations share each.
 */
export function gemvTile(
  caps: Caps,
  tile: WeightTile,
  matrix?: MatrixOperand,
): Pick<GemvSpec, "columns" | "slices" | "subgroup"> {
  const lanes = fixedSubgroup(caps);
  if (matrix?.transposed && lanes > 1 && lanes <= GEMV_TILE.threads) {
    return { columns: caps.isCpu ? 1 : GEMV_TILE.threads / lanes, slices: lanes, subgroup: true };
  }
  if (caps.isCpu) return { columns: CPU_LANES, slices: 1, subgroup: false };
  if (matrix?.transposed) {
    return { columns: GEMV_TILE.threads / DEPTH_LANES, slices: DEPTH_LANES, subgroup: false };
  }
  const width = matrix ? GEMV_TILE.columns : panelColumns(tile);
  const columns = [GEMV_TILE.columns, 8, 4].find((count) => width % count === 0) ?? 1;
  return { columns, slices: GEMV_TILE.threads / GEMV_TILE.columns, subgroup: false };
}
