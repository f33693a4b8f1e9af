/** Which tiles of the canvas a picture needs, and where their tokens lie on the common map. */
import { NO_ROW } from "@vicinity/tensor";
import { type CanvasConfig, OVERLAP, PATCH } from "./config.ts";

/** Height and width. */
export type Extent = readonly [height: number, width: number];

/** A tile of the canvas. */
export interface Tile {
  /** Its row in the grid of tiles. */
  readonly row: number;
  /** Its column. */
  readonly col: number;
  /** First pixel of the canvas. */
  readonly top: number;
  /** First pixel of the canvas. */
  readonly left: number;
}

/** How the content of a canvas is cut. */
export interface Partition {
  /** The canvas. */
  readonly canvas: CanvasConfig;
  /** Rows and columns of tiles that hold content. */
  readonly grid: Extent;
  /** These tiles, row by row. */
  readonly tiles: readonly Tile[];
  /** Patches of a tile along each side. */
  readonly side: number;
  /** Patches that the tiles cover together. */
  readonly map: Extent;
  /** Pixels of the canvas that the authors' code stretches the mask of these tiles to. */
  readonly mask: Extent;
}

/**
 * Chooses the tiles of a picture.
 *
 * @param canvas The canvas.
 * @param content Height and width of what lies in its upper left corner; what exceeds it is cut.
 * @returns The partition; a clip has the same for all of its frames.
 *
 * @example
 * ```ts
 * import { canvasOf, partition } from "@vicinity/relayformer";
 * import assert from "node:assert/strict";
 *
 * const canvas = canvasOf(1024) ?? assert.fail();
 * assert.deepEqual(partition(canvas, [480, 854]).grid, [1, 2]);
 * ```
 */
export function partition(canvas: CanvasConfig, content: Extent): Partition {
  const { size, grid: most, tile } = canvas;
  const step = tile - 2 * OVERLAP;
  const side = tile / PATCH;
  const count = (extent: number) => Math.min(most, Math.max(1, Math.ceil(extent / size * most)));
  const [rows, cols] = [count(content[0]), count(content[1])];
  const patches = (tiles: number) => (tiles - 1) * (step / PATCH) + side;
  const pixels = (tiles: number) => Math.floor(tiles * size / most);
  return {
    canvas,
    grid: [rows, cols],
    tiles: Array.from({ length: rows * cols }, (_, index) => {
      const [row, col] = [Math.floor(index / cols), index % cols];
      return { row, col, top: row * step, left: col * step };
    }),
    side,
    map: [patches(rows), patches(cols)],
    mask: [pixels(rows), pixels(cols)],
  };
}

/** Numbers of rows that move tokens between the tiles and the map of each frame of a clip. */
export interface TokenRows {
  /** For each token of each tile its place on the maps; none for relay tokens. */
  readonly cut: Uint32Array<ArrayBuffer>;
  /** The relay tokens of all tiles, in order. */
  readonly relay: Uint32Array<ArrayBuffer>;
  /**
   * For each token of each tile the tokens that share its place, `length` to a list; a relay token
   * names its row in a list of all relay tokens that follows the tiles.
   */
  readonly shared: Uint32Array<ArrayBuffer>;
  /** Places in a list of {@link TokenRows.shared}. */
  readonly length: number;
  /** For each place on the maps a token that lies there. */
  readonly stitch: Uint32Array<ArrayBuffer>;
}

/**
 * Numbers the tokens of a clip: frames, tiles, then relay tokens and patches of a tile.
 *
 * @param cut How each frame is cut.
 * @param frames Frames of the clip.
 * @param relayTokens Relay tokens of a tile.
 * @returns The tables.
 */
export function tokenRows(
  { tiles, side, map: [rows, cols] }: Partition,
  frames: number,
  relayTokens: number,
): TokenRows {
  const perTile = relayTokens + side * side;
  const all = frames * tiles.length * perTile;
  /** Tokens of the first frame at each place of its map. */
  const members: number[][] = Array.from({ length: rows * cols }, () => []);
  const placeOf = (tile: Tile, patch: number) =>
    (tile.top / PATCH + Math.floor(patch / side)) * cols + tile.left / PATCH + patch % side;
  tiles.forEach((tile, index) => {
    for (let patch = 0; patch < side * side; patch++) {
      members[placeOf(tile, patch)]?.push(index * perTile + relayTokens + patch);
    }
  });
  const length = members.reduce((most, list) => Math.max(most, list.length), 1);
  const cut = new Uint32Array(all).fill(NO_ROW);
  const shared = new Uint32Array(all * length).fill(NO_ROW);
  const relay = new Uint32Array(frames * tiles.length * relayTokens);
  const stitch = new Uint32Array(frames * rows * cols);
  for (let frame = 0; frame < frames; frame++) {
    const firstToken = frame * tiles.length * perTile;
    const firstPlace = frame * rows * cols;
    tiles.forEach((tile, index) => {
      const start = firstToken + index * perTile;
      for (let j = 0; j < relayTokens; j++) {
        const place = (frame * tiles.length + index) * relayTokens + j;
        relay[place] = start + j;
        shared[(start + j) * length] = all + place;
      }
      for (let patch = 0; patch < side * side; patch++) {
        const token = start + relayTokens + patch;
        const place = placeOf(tile, patch);
        cut[token] = firstPlace + place;
        members[place]?.forEach((other, k) => shared[token * length + k] = firstToken + other);
      }
    });
    members.forEach(([first = NO_ROW], place) => stitch[firstPlace + place] = firstToken + first);
  }
  return { cut, relay, shared, length, stitch };
}
