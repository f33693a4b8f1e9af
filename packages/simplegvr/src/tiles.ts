/** A rectangle of a grid; ends are one past the last row and column. */
export interface Tile {
  /** First row. */
  readonly top: number;
  /** One past the last row. */
  readonly bottom: number;
  /** First column. */
  readonly left: number;
  /** One past the last column. */
  readonly right: number;
}

/** Rows and columns of a grid, a tile or a step. */
export interface Extent {
  /** Rows. */
  readonly rows: number;
  /** Columns. */
  readonly cols: number;
}

/**
 * Lists overlapping tiles in raster order; a start is left out when the tile before it already
 * reaches the end.
 *
 * @param grid The whole grid.
 * @param size Largest tile.
 * @param stride Distance between starts, at most `size`.
 * @returns Tiles that cover the grid, cut at its border.
 *
 * @example
 * ```ts
 * import { blendedTiles } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const tiles = blendedTiles({ rows: 4, cols: 10 }, { rows: 4, cols: 6 }, { rows: 2, cols: 4 });
 * assert.deepEqual(tiles.map((tile) => tile.left), [0, 4]);
 * ```
 */
export function blendedTiles(grid: Extent, size: Extent, stride: Extent): Tile[] {
  const tiles: Tile[] = [];
  for (const top of starts(grid.rows, size.rows, stride.rows)) {
    for (const left of starts(grid.cols, size.cols, stride.cols)) {
      const bottom = Math.min(top + size.rows, grid.rows);
      tiles.push({ top, bottom, left, right: Math.min(left + size.cols, grid.cols) });
    }
  }
  return tiles;
}

function starts(length: number, size: number, stride: number): number[] {
  const found: number[] = [];
  for (let start = 0; start < length; start += stride) {
    if (start >= stride && start - stride + size >= length) continue;
    found.push(start);
  }
  return found;
}

/**
 * Gives the blending weights of one tile: ramps `(k + 1) / border` at borders inside the grid, the
 * smaller of both axes at each place.
 *
 * @param tile The tile.
 * @param grid The whole grid.
 * @param border Width of the ramps, usually size − stride.
 * @returns Row-major weights of the tile's own extent, in (0, 1].
 *
 * @example
 * ```ts
 * import { blendWeights } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const tile = { top: 0, bottom: 1, left: 2, right: 5 };
 * const weights = blendWeights(tile, { rows: 1, cols: 5 }, { rows: 1, cols: 2 });
 * assert.deepEqual([...weights], [0.5, 1, 1]);
 * ```
 */
export function blendWeights(tile: Tile, grid: Extent, border: Extent): Float64Array {
  const rows = tile.bottom - tile.top;
  const cols = tile.right - tile.left;
  const byRow = ramp(rows, border.rows, tile.top > 0, tile.bottom < grid.rows);
  const byCol = ramp(cols, border.cols, tile.left > 0, tile.right < grid.cols);
  return Float64Array.from(
    { length: rows * cols },
    (_, i) => Math.min(byRow[Math.floor(i / cols)] ?? 1, byCol[i % cols] ?? 1),
  );
}

function ramp(length: number, border: number, rises: boolean, falls: boolean): number[] {
  return Array.from({ length }, (_, k) => {
    // Where both ramps meet, the reference lets the falling one win, not the smaller one.
    if (falls && length - k <= border) return (length - k) / border;
    return rises && k < border ? (k + 1) / border : 1;
  });
}

/** One tile of an exact tiling: what is kept, and what must be read to compute it. */
export interface HaloTile {
  /** The part of the result that this tile gives. */
  readonly core: Tile;
  /** The part of the input that it needs: the core and a halo, cut at the border. */
  readonly read: Tile;
}

/**
 * Cuts a grid into tiles whose results need no blending: each reads a halo at least as wide as the
 * network's reach and throws the halo's results away.
 *
 * @param grid The whole grid.
 * @param core Largest part that one tile gives.
 * @param halo Reach of the network in grid units.
 * @returns Tiles in raster order; their cores cover the grid once.
 *
 * @example
 * ```ts
 * import { exactTiles } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const [, second] = exactTiles({ rows: 1, cols: 8 }, { rows: 1, cols: 4 }, 2);
 * assert.deepEqual(second?.read, { top: 0, bottom: 1, left: 2, right: 8 });
 * ```
 */
export function exactTiles(grid: Extent, core: Extent, halo: number): HaloTile[] {
  return blendedTiles(grid, core, core).map((tile) => ({
    core: tile,
    read: {
      top: Math.max(0, tile.top - halo),
      bottom: Math.min(grid.rows, tile.bottom + halo),
      left: Math.max(0, tile.left - halo),
      right: Math.min(grid.cols, tile.right + halo),
    },
  }));
}

/** The parts of a MiniVAE's configuration that decide how far it looks. */
export interface ReachConfig {
  /** Width factors per level; only their number counts. */
  readonly dimMult: readonly number[];
  /** Residual blocks per encoder level; the decoder has one more. */
  readonly numResBlocks: number;
}

/**
 * Adds up how far the decoder of a MiniVAE without middle attention looks, in latent units: the
 * radius of every convolution at its pitch, rounded up.
 *
 * @param config Levels and blocks.
 * @returns The halo of an exact tiling of the latent.
 *
 * @example
 * ```ts
 * import { decoderHalo } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.equal(decoderHalo({ dimMult: [1, 2], numResBlocks: 1 }), 12);
 * ```
 */
export function decoderHalo(config: ReachConfig): number {
  const levels = config.dimMult.length;
  let reach = 1 + 4;
  for (let level = 0; level < levels; level++) {
    reach += 2 * (config.numResBlocks + 1) * 2 ** -level;
    if (level < levels - 1) reach += 2 ** -(level + 1);
  }
  return Math.ceil(reach + 2 ** -(levels - 1));
}

/**
 * Adds up how far the encoder of a MiniVAE without middle attention looks, in latent units.
 *
 * @param config Levels and blocks.
 * @returns The halo of an exact tiling of the encoder's latent.
 *
 * @example
 * ```ts
 * import { encoderHalo } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.equal(encoderHalo({ dimMult: [1, 2], numResBlocks: 1 }), 10);
 * ```
 */
export function encoderHalo(config: ReachConfig): number {
  const levels = config.dimMult.length;
  const pitch = (level: number) => 2 ** (level - (levels - 1));
  let reach = pitch(0);
  for (let level = 0; level < levels; level++) {
    reach += 2 * config.numResBlocks * pitch(level);
    if (level < levels - 1) reach += 2 * pitch(level);
  }
  return Math.ceil(reach + 4 + 1);
}
