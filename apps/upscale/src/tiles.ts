import type { RgbFrame } from "@vicinity/media";

/** Columns and rows of the input that neighbouring tiles share. */
export const OVERLAP = 32;

const SMALLEST_SIDE = 3 * OVERLAP;

/** Equal tiles that cover a picture. */
export interface TileGrid {
  /** Columns of each tile. */
  readonly width: number;
  /** Rows of each tile. */
  readonly height: number;
  /** Left edges. */
  readonly lefts: readonly number[];
  /** Upper edges. */
  readonly tops: readonly number[];
}

/** Columns and rows of a picture. */
export interface Size {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/**
 * The grid of one tile.
 *
 * @param size The picture.
 * @returns A grid whose tile is the picture.
 */
export function wholeGrid({ width, height }: Size): TileGrid {
  return { width, height, lefts: [0], tops: [0] };
}

/**
 * Halves the longer side of a grid's tiles.
 *
 * @param size The picture.
 * @param grid A grid over it.
 * @returns A grid of smaller tiles, or undefined when they are small already.
 */
export function finerGrid(size: Size, grid: TileGrid): TileGrid | undefined {
  const { width, height } = grid;
  if (Math.max(width, height) < SMALLEST_SIDE) return undefined;
  const across = edges(size.width, width >= height ? halved(width) : width);
  const down = edges(size.height, height > width ? halved(height) : height);
  return { width: across.side, height: down.side, lefts: across.starts, tops: down.starts };
}

function halved(side: number): number {
  return Math.ceil(side / 2) + OVERLAP / 2;
}

/** Tiles of one side along an axis, spread evenly, each overlapping the next. */
function edges(length: number, side: number): { side: number; starts: readonly number[] } {
  const count = Math.max(1, Math.ceil((length - OVERLAP) / (side - OVERLAP)));
  const last = length - side;
  const starts = Array.from(
    { length: count },
    (_, index) => count === 1 ? 0 : Math.round((index * last) / (count - 1)),
  );
  return { side: count === 1 ? length : side, starts };
}

/**
 * Cuts a tile out of a picture.
 *
 * @param picture The picture.
 * @param left First column.
 * @param top First row.
 * @param size Columns and rows of the tile.
 * @returns A new picture.
 */
export function crop(picture: RgbFrame, left: number, top: number, size: Size): RgbFrame {
  const { width, height } = size;
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * picture.width + left) * 3;
    data.set(picture.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { width, height, data };
}

/**
 * Puts enlarged tiles together; where they overlap one fades into the next.
 *
 * @param grid The grid over the input.
 * @param tiles Its enlarged tiles, row by row.
 * @param input Size of the input.
 * @param factor Enlargement.
 * @returns The whole enlarged picture.
 */
export function assemble(
  grid: TileGrid,
  tiles: readonly RgbFrame[],
  input: Size,
  factor: number,
): RgbFrame {
  const [width, height] = [input.width * factor, input.height * factor];
  const canvas = { width, height, data: new Uint8Array(width * height * 3) };
  let index = 0;
  for (const [row, top] of grid.tops.entries()) {
    const above = overlapWith(grid.tops[row - 1], top, grid.height);
    for (const [column, left] of grid.lefts.entries()) {
      const tile = tiles[index++];
      if (tile === undefined) continue;
      const before = overlapWith(grid.lefts[column - 1], left, grid.width);
      paste(canvas, tile, {
        left: left * factor,
        top: top * factor,
        fadeLeft: before * factor,
        fadeTop: above * factor,
      });
    }
  }
  return canvas;
}

function overlapWith(previous: number | undefined, start: number, side: number): number {
  return previous === undefined ? 0 : previous + side - start;
}

interface Placement {
  readonly left: number;
  readonly top: number;
  readonly fadeLeft: number;
  readonly fadeTop: number;
}

function paste(
  canvas: RgbFrame,
  tile: RgbFrame,
  { left, top, fadeLeft, fadeTop }: Placement,
): void {
  for (let row = 0; row < tile.height; row++) {
    const down = fade(row, fadeTop);
    for (let column = 0; column < tile.width; column++) {
      const share = down * fade(column, fadeLeft);
      const from = (row * tile.width + column) * 3;
      const to = ((top + row) * canvas.width + left + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const under = canvas.data[to + channel] ?? 0;
        const over = tile.data[from + channel] ?? 0;
        canvas.data[to + channel] = Math.round(under + share * (over - under));
      }
    }
  }
}

/** From 0 to 1 over the middle half of an overlap: the outer quarters miss their surroundings. */
function fade(position: number, overlap: number): number {
  if (overlap === 0) return 1;
  return Math.min(1, Math.max(0, (2 * (position + 0.5)) / overlap - 0.5));
}
