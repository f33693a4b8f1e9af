/** Sizes: the picture's, the padded one that the latent grids need, and the latent grids. */
import { type SimpleGvrConfig, spatialStride } from "./config.ts";
import type { Tile } from "./tiles.ts";

/** Height and width in pixels or latent positions. */
export interface Size {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/** All sizes of one upscaling. */
export interface Geometry {
  /** Target size over source size. */
  readonly scale: number;
  /** The source picture. */
  readonly source: Size;
  /** The source, extended to the right and below so that both latent grids fit exactly. */
  readonly padded: Size;
  /** The enlarged padded picture. */
  readonly enlarged: Size;
  /** The target picture: the scaled source, cut out of the enlarged one. */
  readonly target: Size;
  /** Latent grid of the padded source. */
  readonly sourceGrid: Size;
  /** Latent grid of the enlarged picture. */
  readonly targetGrid: Size;
}

const LARGEST_DENOMINATOR = 12;

/** A scale that a network cannot enlarge by. */
export class ScaleError extends Error {
  /** Stable code for programs. */
  readonly code = "SCALE";
  /** Name of the class, for messages. */
  override readonly name = "ScaleError";
}

/**
 * Sizes for a scale p / q: the source is padded to a multiple of stride · patch · q, so that the
 * target's grid is exactly p / q times the source's and nothing shifts by a part of a pixel.
 *
 * @param config Strides of the network.
 * @param source Size of the picture, at least 1 × 1.
 * @param scale Target over source size, a fraction with a denominator of at most 12.
 * @returns All sizes.
 * @throws {ScaleError} If the scale is no such fraction, or below 1.
 */
export function planGeometry(config: SimpleGvrConfig, source: Size, scale: number): Geometry {
  const denominator = denominatorOf(scale);
  const stride = spatialStride(config.vae);
  const [, patchHeight, patchWidth] = config.net.dit.patchSize;
  const padded = {
    height: roundUp(source.height, stride * patchHeight * denominator),
    width: roundUp(source.width, stride * patchWidth * denominator),
  };
  const enlarged = scaledSize(padded, scale);
  return {
    scale,
    source,
    padded,
    enlarged,
    target: scaledSize(source, scale),
    sourceGrid: { height: padded.height / stride, width: padded.width / stride },
    targetGrid: { height: enlarged.height / stride, width: enlarged.width / stride },
  };
}

function denominatorOf(scale: number): number {
  for (let q = 1; q <= LARGEST_DENOMINATOR; q++) {
    if (scale >= 1 && Math.abs(scale * q - Math.round(scale * q)) < 1e-9) return q;
  }
  throw new ScaleError(
    `Cannot enlarge by ${scale}: give a factor of at least 1 that is a fraction with a denominator ` +
      `of at most ${LARGEST_DENOMINATOR}, or enlarge to a close one and resize.`,
  );
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/**
 * A size, enlarged and rounded.
 *
 * @param size The size.
 * @param scale Target over source size.
 * @returns The target's size.
 */
export function scaledSize({ height, width }: Size, scale: number): Size {
  return { height: Math.round(height * scale), width: Math.round(width * scale) };
}

/**
 * Height and width of a tile.
 *
 * @param tile The tile.
 * @returns Its size.
 */
export function tileSize({ top, bottom, left, right }: Tile): Size {
  return { height: bottom - top, width: right - left };
}
