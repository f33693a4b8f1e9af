/**
 * Factorized vicinities (FaViT): a picture is cut into windows, and each query sees one set of fused
 * keys, each made of the tokens that have the same place in their windows. So a query sees the whole
 * picture for the price of one window.
 */
import { ShapeError } from "@vicinity/tensor";

/** Every query sees as many fused keys as a window has places. */
export interface Factorized {
  /** Tag of the union. */
  readonly kind: "factorized";
  /** Rows and columns of tokens. */
  readonly grid: readonly [rows: number, cols: number];
  /** Places of a window along each axis. */
  readonly size: number;
  /** Distance between the places of a window. */
  readonly dilation: number;
  /** Windows along each axis; they touch each other and do not overlap. */
  readonly windows: readonly [down: number, across: number];
}

/** Options of {@link factorized}. */
export interface FactorizedOptions {
  /** Rows and columns of tokens. */
  readonly grid: readonly [rows: number, cols: number];
  /** Places of a window along each axis; 7 when absent. */
  readonly size?: number;
  /** Distance between the places of a window; 1 when absent. */
  readonly dilation?: number;
}

/**
 * Windows whose keys are fused. Behind its last row and column the picture goes on as its mirror
 * image, so that the windows there are whole.
 *
 * @param options Grid, places of a window and their distance.
 * @returns The vicinity; tokens in raster order.
 * @throws {ShapeError} If the mirror image is too short for the last window.
 *
 * @example
 * ```ts
 * import { factorized, keysOf } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * const pairs = factorized({ grid: [2, 3], size: 2 });
 * assert.deepEqual(pairs.windows, [1, 2]);
 * // The last window has only one column of its own; the other is the mirror image of column 1.
 * assert.deepEqual(keysOf(pairs, 0, { keys: 6 }), [0, 2, 1, 3, 5, 4]);
 * ```
 */
export function factorized({ grid, size = 7, dilation = 1 }: FactorizedOptions): Factorized {
  const step = (size - 1) * dilation + 1;
  const fits = (extent: number) => Math.ceil(extent / step) * step - extent < extent;
  if (![...grid, size, dilation].every((value) => Number.isInteger(value) && value > 0)) {
    throw new ShapeError(
      `Cannot fuse windows of ${size} places ${dilation} apart on a grid [${grid}]: give whole ` +
        "numbers above 0.",
    );
  }
  if (!grid.every(fits)) {
    throw new ShapeError(
      `Cannot fuse windows of ${step} tokens on a grid [${grid}]: the mirror image does not fill ` +
        `the last window. Give at least ${Math.floor(step / 2) + 1} rows and columns.`,
    );
  }
  const [rows, cols] = grid;
  return {
    kind: "factorized",
    grid,
    size,
    dilation,
    windows: [Math.ceil(rows / step), Math.ceil(cols / step)],
  };
}

/**
 * The token at a place of a window.
 *
 * @param vicinity The windows.
 * @param window Number of the window, row by row.
 * @param place Number of the place, row by row.
 * @returns Its token.
 */
export function windowToken(vicinity: Factorized, window: number, place: number): number {
  const { grid: [rows, cols], size, dilation, windows: [, across] } = vicinity;
  const step = (size - 1) * dilation + 1;
  const along = (index: number, offset: number, extent: number) => {
    const at = index * step + offset * dilation;
    return at < extent ? at : 2 * (extent - 1) - at;
  };
  const row = along(Math.floor(window / across), Math.floor(place / size), rows);
  return row * cols + along(window % across, place % size, cols);
}

/**
 * Tokens that the fused keys are made of, place by place.
 *
 * @param vicinity The windows.
 * @returns Each token once.
 */
export function fusedTokens(vicinity: Factorized): number[] {
  const { size, windows: [down, across] } = vicinity;
  const tokens = new Set<number>();
  for (let place = 0; place < size ** 2; place++) {
    for (let window = 0; window < down * across; window++) {
      tokens.add(windowToken(vicinity, window, place));
    }
  }
  return [...tokens];
}
