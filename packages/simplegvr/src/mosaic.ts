/**
 * Pictures too large for one pass: overlapping tiles of the source, each upscaled as a picture of
 * its own, of which the middle is kept. Attention then looks for relevant windows inside the tile,
 * so the result is close to, but not exactly, that of the whole.
 */
import { type SimpleGvrConfig, spatialStride } from "./config.ts";
import { type Geometry, planGeometry, type Size, tileSize } from "./geometry.ts";
import { exactTiles, type Tile } from "./tiles.ts";

/**
 * Source pixels that a tile sees on each side of what it gives. From 8 on, places beside seams differ no
 * more from the whole than others do (a photograph in six tiles: 0.24 against 0.21 of 255 on average).
 */
const OVERLAP = 32;
/** Sides of tiles that are tried, in source pixels. */
const SIDES = [2048, 1024, 768, 512, 384, 256, 192, 128, 96, 64];

/** Side of the smallest tile with what it sees. */
export const LEAST_SIDE = Math.min(...SIDES) + 2 * OVERLAP;

/** A tile of the source and its own sizes. */
export interface MosaicTile {
  /** What the tile gives, in source pixels. */
  readonly core: Tile;
  /** What it sees. */
  readonly read: Tile;
  /** Sizes of its upscaling. */
  readonly geometry: Geometry;
}

/**
 * The fewest tiles that each fit.
 *
 * @param config Strides of the network.
 * @param source Size of the picture.
 * @param scale Target over source size.
 * @param fits Whether a picture of these sizes can be upscaled in one pass.
 * @returns One tile, or several; undefined if not even the smallest fit.
 */
export function planMosaic(
  config: SimpleGvrConfig,
  source: Size,
  scale: number,
  fits: (geometry: Geometry) => boolean,
): MosaicTile[] | undefined {
  const whole = { top: 0, left: 0, bottom: source.height, right: source.width };
  const geometry = planGeometry(config, source, scale);
  if (fits(geometry)) return [{ core: whole, read: whole, geometry }];
  // Edges on the grid that padding makes, so that the tiles of the target meet on whole pixels.
  const step = alignment(config, geometry);
  for (const side of SIDES) {
    const core = Math.max(step, Math.floor(side / step) * step);
    const halo = Math.ceil(OVERLAP / step) * step;
    const tiles = exactTiles(
      { rows: source.height, cols: source.width },
      { rows: core, cols: core },
      halo,
    ).map((tile) => ({ ...tile, geometry: planGeometry(config, tileSize(tile.read), scale) }));
    if (tiles.every((tile) => fits(tile.geometry))) return tiles;
  }
  return undefined;
}

function alignment(config: SimpleGvrConfig, { scale }: Geometry): number {
  const [, height, width] = config.net.dit.patchSize;
  let step = spatialStride(config.vae) * height * width;
  while (!Number.isInteger(Math.round(step * scale * 1e6) / 1e6)) step += spatialStride(config.vae);
  return step;
}
