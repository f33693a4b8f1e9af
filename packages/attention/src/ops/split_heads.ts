/** From rows of tokens to heads, with rotary position embedding. */
import { checkF32, ShapeError, type Tensor } from "@vicinity/tensor";
import {
  SPLIT_HEADS_THREADS,
  splitHeads as build,
  type SplitHeadsSpec,
} from "../kernels/split_heads.ts";

/** Cosines and sines of rotary position embedding, `[tokens, headDim / 2]` or longer. */
export interface RotaryTable {
  /** Cosines of the angle of each token and pair. */
  readonly cos: Tensor;
  /** Sines of the angle of each token and pair. */
  readonly sin: Tensor;
}

/** Factors of channels and of the channels four places beside them, `[tokens, headDim]`. */
export interface CrossedTable {
  /** Factor of each channel itself. */
  readonly own: Tensor;
  /** Factor of its partner: four on in the first half of every eight, four back in the second. */
  readonly other: Tensor;
}

/** Options of {@link splitHeads}. */
export interface SplitHeadsOptions {
  /** Number of heads; it divides the width. */
  readonly heads: number;
  /** Turns adjacent pairs of each head; none when absent. */
  readonly rotary?: RotaryTable | undefined;
  /**
   * Mixes each channel with its partner in place of {@link SplitHeadsOptions.rotary}, for embeddings
   * that are no rotations; heads must be a multiple of 4 wide.
   */
  readonly crossed?: CrossedTable | undefined;
}

/**
 * Width of a head as the attention kernels store it: the next multiple of 4.
 *
 * @param headDim Width of a head.
 * @returns Width with zeros behind.
 */
export function paddedHeadDim(headDim: number): number {
  return Math.ceil(headDim / 4) * 4;
}

/**
 * Splits rows into heads and turns adjacent pairs by rotary position embedding.
 *
 * @param x `[tokens, heads * headDim]`, headDim even.
 * @param options Heads, and the table of angles.
 * @returns `[1, heads, tokens, paddedHeadDim(headDim)]`, zeros behind each head.
 * @throws {ShapeError} If the heads do not divide the width into pairs, a table does not fit, or a dtype is not
 *   f32.
 *
 * @example
 * ```ts
 * import { open } from "@vicinity/tensor";
 * import { splitHeads } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 4], Float32Array.of(1, 2, 3, 4));
 * const [y = []] = await gpu.read([splitHeads(x, { heads: 2 })]);
 * assert.deepEqual([...y], [1, 2, 0, 0, 3, 4, 0, 0]);
 * ```
 */
export function splitHeads(x: Tensor, { heads, rotary, crossed }: SplitHeadsOptions): Tensor {
  const [tokens = 0, channels = 0] = x.shape;
  const width = channels / heads;
  if (x.shape.length !== 2 || width % 2 !== 0) {
    throw new ShapeError(
      `Cannot split [${x.shape}] into ${heads} heads: give [tokens, channels] with an even number ` +
        `of channels a head.`,
    );
  }
  const tables = crossed ? [crossed.own, crossed.other] : rotary ? [rotary.cos, rotary.sin] : [];
  const columns = crossed ? width : width / 2;
  if (tables.some(({ shape }) => (shape[0] ?? 0) < tokens || shape[1] !== columns)) {
    throw new ShapeError(
      `Cannot turn ${tokens} tokens: the tables are [${tables[0]?.shape}] and ` +
        `[${tables[1]?.shape}], expected at least ${tokens} rows of ${columns}.`,
    );
  }
  if (crossed && width % 4 !== 0) {
    throw new ShapeError(`Cannot mix heads of ${width} channels by fours: give a multiple of 4.`);
  }
  checkF32("split heads", { x, ...(crossed ?? rotary) });
  const y = x.gpu.empty([1, heads, tokens, paddedHeadDim(width)]);
  const quads = paddedHeadDim(width) / 4;
  const spec: SplitHeadsSpec = {
    rotary: crossed ? "fours" : rotary ? "pairs" : "none",
    vector: width % 4 === 0,
  };
  x.gpu.dispatch({
    kernel: x.gpu.kernel("split_heads", spec, build),
    tensors: [x, ...tables, y],
    params: [tokens, heads, width, quads],
    grid: [Math.ceil(tokens / SPLIT_HEADS_THREADS), heads, 1],
    iterations: quads,
  });
  return y;
}
