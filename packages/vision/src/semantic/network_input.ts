/** From bytes to what a network takes. */
import type { RgbPicture } from "../pillow_resize.ts";
import type { Part } from "./views.ts";

/** Mean and standard deviation of the channels, of values from 0 to 255. */
export interface Statistics {
  /** Red, green, blue. */
  readonly mean: readonly [number, number, number];
  /** Red, green, blue. */
  readonly std: readonly [number, number, number];
}

/** Those of ImageNet, as the configurations of mmcv have them. */
export const IMAGENET: Statistics = {
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
};

/**
 * Normalises a part of a picture.
 *
 * @param picture The resized picture.
 * @param part The part; what of it lies outside the picture is zero.
 * @param mirrored Whether the part is of the mirrored picture.
 * @param statistics What to take off and divide by.
 * @returns `[rows, columns, 3]`.
 */
export function networkInput(
  picture: RgbPicture,
  { top, left, size: [rows, columns] }: Part,
  mirrored: boolean,
  { mean, std }: Statistics,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(rows * columns * 3);
  const [seenRows, seenColumns] = [
    Math.min(rows, picture.height - top),
    Math.min(columns, picture.width - left),
  ];
  for (let row = 0; row < seenRows; row++) {
    for (let column = 0; column < seenColumns; column++) {
      const x = mirrored ? picture.width - 1 - left - column : left + column;
      const from = ((top + row) * picture.width + x) * 3;
      const to = (row * columns + column) * 3;
      for (let c = 0; c < 3; c++) {
        values[to + c] = ((picture.data[from + c] ?? 0) - (mean[c] ?? 0)) / (std[c] ?? 1);
      }
    }
  }
  return values;
}
