/** From a soft mask of fixed size to the pixels of a photograph. */

/** Probabilities over a box, row by row. */
export interface SoftMask {
  /** Rows and columns. */
  readonly side: number;
  /** `[side, side]`, 0 to 1. */
  readonly probabilities: Float32Array;
}

/** Part of a photograph. */
export interface Region {
  /** First column. */
  readonly x: number;
  /** First row. */
  readonly y: number;
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** Probabilities of the pixels of a region; they are zero outside. */
export interface PastedValues extends Region {
  /** `[height, width]`. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** Pixels of a region that show the thing; none outside do. */
export interface PastedMask extends Region {
  /** `[height, width]`, 1 where the thing is and 0 elsewhere. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Columns and rows of a photograph. */
export interface PhotoSize {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/**
 * Bilinear samples of a mask at the centres of pixels, zeros around it (`_do_paste_mask` of
 * mmdetection).
 *
 * @param mask The mask.
 * @param box x1, y1, x2, y2 in pixels.
 * @param photo Size of the photograph.
 * @returns Values of the box and of the pixels around it that the mask reaches.
 */
export function pasteValues(
  mask: SoftMask,
  box: readonly [number, number, number, number],
  photo: PhotoSize,
): PastedValues {
  const { side, probabilities } = mask;
  const columns = along(box[0], box[2], photo.width, side);
  const rows = along(box[1], box[3], photo.height, side);
  const [width, height] = [columns.places.length, rows.places.length];
  const values = new Float32Array(width * height);
  const line = new Float64Array(side);
  for (const [row, { low, share }] of rows.places.entries()) {
    for (let i = 0; i < side; i++) {
      const above = low >= 0 ? probabilities[low * side + i] ?? 0 : 0;
      const below = low + 1 < side ? probabilities[(low + 1) * side + i] ?? 0 : 0;
      line[i] = above * (1 - share) + below * share;
    }
    for (const [column, place] of columns.places.entries()) {
      const left = line[place.low] ?? 0;
      const right = line[place.low + 1] ?? 0;
      values[row * width + column] = left * (1 - place.share) + right * place.share;
    }
  }
  return { x: columns.first, y: rows.first, width, height, values };
}

/**
 * Pixels that a thing covers.
 *
 * @param mask The mask.
 * @param box x1, y1, x2, y2 in pixels.
 * @param photo Size of the photograph.
 * @param threshold Probability from which on a pixel belongs to the thing, above 0.
 * @returns The pixels.
 *
 * @example
 * ```ts
 * import { pasteMask } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const mask = { side: 2, probabilities: Float32Array.of(1, 0, 1, 0) };
 * const { x, y, width, data } = pasteMask(mask, [2, 1, 6, 3], { width: 8, height: 8 });
 * assert.equal(data[(1 - y) * width + 3 - x], 1);
 * assert.equal(data[(1 - y) * width + 5 - x], 0);
 * ```
 */
export function pasteMask(
  mask: SoftMask,
  box: readonly [number, number, number, number],
  photo: PhotoSize,
  threshold = 0.5,
): PastedMask {
  const { values, ...region } = pasteValues(mask, box, photo);
  return { ...region, data: Uint8Array.from(values, (value) => value >= threshold ? 1 : 0) };
}

/** Where a pixel lies between two places of the mask. */
interface Place {
  readonly low: number;
  readonly share: number;
}

/** The pixels of an axis that a mask reaches. */
function along(
  start: number,
  end: number,
  extent: number,
  side: number,
): { readonly first: number; readonly places: readonly Place[] } {
  // The centre of an outer place is half a place inside the box, and counts as far outside of it.
  const reach = end > start ? (end - start) / (2 * side) : Infinity;
  const first = Math.max(0, Math.floor(start - reach));
  const last = Math.min(extent, Math.ceil(end + reach));
  const places = Array.from({ length: Math.max(0, last - first) }, (_, index) => {
    const along = (first + index + 0.5 - start) / (end - start);
    // A box without extent is seen at its centre from everywhere, as in the official code.
    const place = Number.isFinite(along) ? along * side - 0.5 : (side - 1) / 2;
    const low = Math.floor(place);
    return Number.isNaN(along) ? { low: -2, share: 0 } : { low, share: place - low };
  });
  return { first, places };
}
