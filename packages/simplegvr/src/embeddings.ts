/**
 * Embeds times as cosines and sines of geometrically falling frequencies, cosines first.
 *
 * @param times Network timesteps, 0 … 1000.
 * @param dim Width of the embedding, even.
 * @returns Row-major `[times, dim]`.
 *
 * @example
 * ```ts
 * import { timeEmbedding } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...timeEmbedding([0], 4)], [1, 1, 0, 0]);
 * ```
 */
export function timeEmbedding(times: ArrayLike<number>, dim: number): Float32Array<ArrayBuffer> {
  const half = dim / 2;
  const embedding = new Float32Array(times.length * dim);
  for (let row = 0; row < times.length; row++) {
    for (let j = 0; j < half; j++) {
      const angle = (times[row] ?? 0) * 10000 ** (-j / half);
      embedding[row * dim + j] = Math.cos(angle);
      embedding[row * dim + half + j] = Math.sin(angle);
    }
  }
  return embedding;
}

/** Number of rotated pairs that each axis owns inside one head. */
export interface RopeSplit {
  /** Pairs turned by the frame number. */
  readonly frame: number;
  /** Pairs turned by the row. */
  readonly row: number;
  /** Pairs turned by the column. */
  readonly col: number;
}

/**
 * Divides the pairs of a head among the three axes; the frame axis gets what is left over.
 *
 * @param headDim Width of a head, even.
 * @returns Pairs per axis, `headDim / 2` in all.
 *
 * @example
 * ```ts
 * import { ropeSplit } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(ropeSplit(128), { frame: 22, row: 21, col: 21 });
 * ```
 */
export function ropeSplit(headDim: number): RopeSplit {
  const side = Math.floor(headDim / 6);
  return { frame: headDim / 2 - 2 * side, row: side, col: side };
}

/** Cosines and sines that turn adjacent pairs. */
export interface RopeTable {
  /** Row-major `[positions, pairs]`. */
  readonly cos: Float32Array<ArrayBuffer>;
  /** Row-major `[positions, pairs]`. */
  readonly sin: Float32Array<ArrayBuffer>;
}

/**
 * Tabulates the rotations of one axis in double precision.
 *
 * @param positions Frame, row or column numbers.
 * @param pairs Pairs that this axis owns.
 * @returns Tables `[positions, pairs]`; pair i turns by `position · 10000^(−i/pairs)`.
 *
 * @example
 * ```ts
 * import { axisRope } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...axisRope([0], 2).cos], [1, 1]);
 * ```
 */
export function axisRope(positions: ArrayLike<number>, pairs: number): RopeTable {
  const cos = new Float32Array(positions.length * pairs);
  const sin = new Float32Array(positions.length * pairs);
  for (let p = 0; p < positions.length; p++) {
    for (let i = 0; i < pairs; i++) {
      const angle = (positions[p] ?? 0) * 10000 ** (-i / pairs);
      cos[p * pairs + i] = Math.cos(angle);
      sin[p * pairs + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** A block of tokens in frame, row, column order. */
export interface TokenGrid {
  /** Frames. */
  readonly frames: number;
  /** Rows of tokens in a frame. */
  readonly rows: number;
  /** Columns of tokens in a frame. */
  readonly cols: number;
}

/**
 * Tabulates the rotations of every token of a grid: frame pairs, then row pairs, then column pairs.
 *
 * @param grid Extent of the block; positions count from zero, since attention depends on
 * differences only.
 * @param headDim Width of a head, even.
 * @returns Tables `[tokens, headDim / 2]`.
 *
 * @example
 * ```ts
 * import { gridRope } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.equal(gridRope({ frames: 2, rows: 3, cols: 4 }, 24).cos.length, 24 * 12);
 * ```
 */
export function gridRope(grid: TokenGrid, headDim: number): RopeTable {
  const split = ropeSplit(headDim);
  const axes = [
    { pairs: split.frame, table: axisRope(countUp(grid.frames), split.frame) },
    { pairs: split.row, table: axisRope(countUp(grid.rows), split.row) },
    { pairs: split.col, table: axisRope(countUp(grid.cols), split.col) },
  ];
  const width = headDim / 2;
  const tokens = grid.frames * grid.rows * grid.cols;
  const cos = new Float32Array(tokens * width);
  const sin = new Float32Array(tokens * width);
  for (let token = 0; token < tokens; token++) {
    const col = token % grid.cols;
    const row = Math.floor(token / grid.cols) % grid.rows;
    const frame = Math.floor(token / (grid.cols * grid.rows));
    let to = token * width;
    for (const [axis, position] of [frame, row, col].entries()) {
      const { pairs = 0, table } = axes[axis] ?? {};
      const from = position * pairs;
      if (table === undefined) continue;
      cos.set(table.cos.subarray(from, from + pairs), to);
      sin.set(table.sin.subarray(from, from + pairs), to);
      to += pairs;
    }
  }
  return { cos, sin };
}

function countUp(count: number): number[] {
  return Array.from({ length: count }, (_, position) => position);
}
