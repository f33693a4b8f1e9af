/** From pictures to what the network takes: the part of the canvas that the tiles cover, as bytes. */
import { ShapeError } from "@vicinity/tensor";
import { cvResize, pillowResize, requirePixels, type RgbPicture } from "@vicinity/vision";
import { type CanvasConfig, PATCH } from "./config.ts";
import { type Extent, type Partition, partition } from "./partition.ts";

/** Mean and deviation of ImageNet, of values from 0 to 1. */
export const UNIT_STATISTICS = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

/**
 * What is taken off a byte and what the rest is multiplied by, channel by channel, rounded to single
 * precision step by step as the reference does it: its canvases come out to the bit.
 */
export const NORMALISATION: {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
} = {
  mean: UNIT_STATISTICS.mean.map((mean) => Math.fround(Math.fround(mean) * 255)),
  scale: UNIT_STATISTICS.std.map((std) => Math.fround(1 / Math.fround(Math.fround(std) * 255))),
};

/**
 * How a picture comes to the canvas: `fit` scales down what is larger and keeps the proportions; `crop`
 * cuts off what is larger, as the authors' script does; `pad` refuses what is larger; `resize`
 * stretches to the square, as their training on videos does. Smaller pictures lie in the upper left
 * corner with black beside them, but for `resize`.
 */
export type Placing = "fit" | "crop" | "pad" | "resize";

/**
 * How a picture is looked at: one of the ways to place it on the canvas, or `native`: at its own
 * resolution, through windows of the canvas that overlap.
 */
export type LookMode = Placing | "native";

/** A picture of the size that it has on the canvas. */
export interface PlacedPicture {
  /** Its pixels; what exceeds the canvas is not seen. */
  readonly picture: RgbPicture;
  /** How the canvas is cut for it. */
  readonly cut: Partition;
}

/**
 * Brings a picture to the canvas.
 *
 * @param picture RGB, 8 bits.
 * @param canvas The canvas.
 * @param placing How.
 * @returns The picture and its tiles.
 * @throws {ShapeError} If the picture has no pixels, or does not fit a canvas that it may not change
 * for.
 *
 * @example
 * ```ts
 * import { canvasOf, placePicture } from "@vicinity/relayformer";
 * import assert from "node:assert/strict";
 *
 * const canvas = canvasOf(256) ?? assert.fail();
 * const wide = { width: 512, height: 100, data: new Uint8Array(512 * 100 * 3) };
 * assert.equal(placePicture(wide, canvas, "fit").picture.height, 50);
 * ```
 */
export function placePicture(
  picture: RgbPicture,
  canvas: CanvasConfig,
  placing: Placing,
): PlacedPicture {
  const placed = placedPicture(picture, canvas, placing);
  return { picture: placed, cut: partition(canvas, [placed.height, placed.width]) };
}

/**
 * The size that a picture has on the canvas.
 *
 * @param photo Its height and width.
 * @param canvas The canvas.
 * @param placing How it is brought there.
 * @returns Height and width of what is seen.
 */
export function placedExtent(
  [height, width]: Extent,
  { size }: CanvasConfig,
  placing: Placing,
): Extent {
  if (placing === "resize") return [size, size];
  if (placing === "fit") return fittedExtent([height, width], size);
  return [Math.min(height, size), Math.min(width, size)];
}

function placedPicture(
  picture: RgbPicture,
  { size }: CanvasConfig,
  placing: Placing,
): RgbPicture {
  requirePixels(picture, "look at");
  const { width, height } = picture;
  if (placing === "resize") {
    return width === size && height === size ? picture : cvResize(picture, size, size);
  }
  if (placing === "fit") {
    const [high, wide] = fittedExtent([height, width], size);
    return pillowResize(picture, wide, high, "bilinear");
  }
  if (placing === "pad" && Math.max(width, height) > size) {
    throw new ShapeError(
      `Cannot place a picture of ${width} x ${height} on a canvas of ${size} x ${size}: it is ` +
        "larger. Choose fit, native or crop.",
    );
  }
  return picture;
}

/** Height and width at which the longer side is at most `size`. */
function fittedExtent([height, width]: Extent, size: number): Extent {
  const long = Math.max(height, width);
  if (long <= size) return [height, width];
  const scaled = (side: number) => Math.max(1, Math.round(side * size / long));
  return [scaled(height), scaled(width)];
}

/**
 * The part of the canvas that the tiles cover.
 *
 * @param pictures Placed pictures of one size, one a frame.
 * @param cut Their tiles.
 * @returns `[frames, rows, columns, 3]` bytes, black where there is no picture.
 */
export function canvasBytes(
  pictures: readonly RgbPicture[],
  { map: [mapRows, mapCols], canvas }: Partition,
): Uint8Array<ArrayBuffer> {
  const [rows, cols] = [mapRows * PATCH, mapCols * PATCH];
  const bytes = new Uint8Array(pictures.length * rows * cols * 3);
  pictures.forEach(({ width, height, data }, frame) => {
    const [seenRows, seenCols] = [
      Math.min(rows, height, canvas.size),
      Math.min(cols, width, canvas.size),
    ];
    for (let row = 0; row < seenRows; row++) {
      const from = row * width * 3;
      const to = (frame * rows + row) * cols * 3;
      bytes.set(data.subarray(from, from + seenCols * 3), to);
    }
  });
  return bytes;
}
