/** Pictures of probabilities; loops, because `from` of a large array first makes a list of objects. */
import { INFERNO, type RgbFrame } from "@vicinity/media";

/** How probabilities are painted over a picture. */
export interface HeatOptions {
  /** A white line runs around what is above it. */
  readonly threshold: number;
  /** Share of the colour where the probability is 1; less where it is lower. */
  readonly opacity: number;
}

/**
 * Paints probabilities over a picture: the surer, the brighter and the less transparent.
 *
 * @param picture The picture.
 * @param probabilities One a pixel.
 * @param options Threshold and opacity.
 * @returns A new picture.
 */
export function paintHeat(
  picture: RgbFrame,
  probabilities: Float32Array,
  { threshold, opacity }: HeatOptions,
): RgbFrame & { data: Uint8Array<ArrayBuffer> } {
  const { width, height } = picture;
  const data = new Uint8Array(picture.data);
  const inside = (pixel: number) => (probabilities[pixel] ?? 0) > threshold;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const pixel = row * width + column;
      const here = inside(pixel);
      const border = (column + 1 < width && inside(pixel + 1) !== here) ||
        (row + 1 < height && inside(pixel + width) !== here);
      if (border) {
        data.fill(255, 3 * pixel, 3 * pixel + 3);
        continue;
      }
      const probability = probabilities[pixel] ?? 0;
      const color = INFERNO[Math.round((INFERNO.length - 1) * probability)];
      const share = opacity * probability;
      for (let channel = 0; channel < 3; channel++) {
        const under = data[3 * pixel + channel] ?? 0;
        data[3 * pixel + channel] = Math.round(
          (1 - share) * under + share * (color?.[channel] ?? 0),
        );
      }
    }
  }
  return { width, height, data };
}

/**
 * A mask of probabilities.
 *
 * @param probabilities One a pixel.
 * @param threshold What is above it is inside.
 * @returns 255 inside, 0 outside, one byte a pixel.
 */
export function paintMask(
  probabilities: Float32Array,
  threshold: number,
): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(probabilities.length);
  for (let pixel = 0; pixel < mask.length; pixel++) {
    if ((probabilities[pixel] ?? 0) > threshold) mask[pixel] = 255;
  }
  return mask;
}

/**
 * Probabilities as grey values.
 *
 * @param probabilities One a pixel.
 * @param depth Bits of a grey value.
 * @returns From 0 to the largest grey value, one a pixel.
 */
export function paintProbabilities<Depth extends 8 | 16>(
  probabilities: Float32Array,
  depth: Depth,
): Depth extends 8 ? Uint8Array<ArrayBuffer> : Uint16Array<ArrayBuffer>;
export function paintProbabilities(probabilities: Float32Array, depth: 8 | 16) {
  const count = probabilities.length;
  const grey = depth === 8 ? new Uint8Array(count) : new Uint16Array(count);
  const white = 2 ** depth - 1;
  for (let pixel = 0; pixel < count; pixel++) {
    grey[pixel] = Math.round(white * (probabilities[pixel] ?? 0));
  }
  return grey;
}
