/** Pictures as real numbers, and what is between and beyond their pixels. */
import type { RgbFrame } from "@vicinity/media";

/** Columns and rows. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A picture or field of real numbers; colours are from 0 to 1. */
export interface Raster extends Size {
  /** Numbers of a pixel. */
  readonly channels: number;
  /** `[height, width, channels]`. */
  readonly values: Float32Array;
}

/** The colours of a picture as numbers from 0 to 1. */
export function rasterOf({ width, height, data }: RgbFrame): Raster {
  return { width, height, channels: 3, values: Float32Array.from(data, (byte) => byte / 255) };
}

/** The bytes of colours; what is below 0 or above 1 is cut off. */
export function pictureOf({ width, height, values }: Raster): RgbFrame {
  const bytes = Uint8ClampedArray.from(values, (value) => 255 * value);
  return { width, height, data: new Uint8Array(bytes.buffer) };
}

/**
 * A raster with other numbers.
 *
 * @param raster The raster; it is kept.
 * @param rule From a number and its place to the new number.
 * @returns Of the same size.
 */
export function mapped(raster: Raster, rule: (value: number, at: number) => number): Raster {
  return { ...raster, values: raster.values.map(rule) };
}

/**
 * A raster made pixel by pixel.
 *
 * @param size Its size.
 * @param channels Numbers of a pixel.
 * @param rule From column and row to the numbers of a pixel.
 * @returns The raster.
 */
export function rasterFrom(
  { width, height }: Size,
  channels: number,
  rule: (x: number, y: number) => readonly number[],
): Raster {
  const values = new Float32Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) values.set(rule(x, y), (y * width + x) * channels);
  }
  return { width, height, channels, values };
}

/**
 * Reflects a position at the outer edges of the first and the last pixel, as often as it takes.
 *
 * @param position A whole number.
 * @param length Number of pixels.
 * @returns A pixel.
 */
export function mirrored(position: number, length: number): number {
  const period = 2 * length;
  const inside = ((position % period) + period) % period;
  return inside < length ? inside : period - 1 - inside;
}

/** Where the pixels of a picture come from: columns and rows, also between pixels. */
export interface Places extends Size {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * Places by a rule.
 *
 * @param size Size of the picture.
 * @param rule From column and row to the place that is shown there.
 * @returns The places.
 */
export function placesOf(
  { width, height }: Size,
  rule: (x: number, y: number) => readonly [number, number],
): Places {
  const [x, y] = [new Float64Array(width * height), new Float64Array(width * height)];
  for (let pixel = 0; pixel < x.length; pixel++) {
    [x[pixel], y[pixel]] = rule(pixel % width, Math.floor(pixel / width));
  }
  return { width, height, x, y };
}

/**
 * Looks at places of a raster; values between pixels are bilinear, beyond the border it is mirrored.
 *
 * @param raster The raster.
 * @param places Where to look.
 * @returns A raster of the size of the places.
 */
export function sampled(raster: Raster, places: Places): Raster {
  const { channels, values } = raster;
  const { width, height } = places;
  const result = new Float32Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [x, y] = [places.x[pixel] ?? 0, places.y[pixel] ?? 0];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, below] = [x - left, y - top];
    const upperLeft = channels * pixelAt(raster, left, top);
    const upperRight = channels * pixelAt(raster, left + 1, top);
    const lowerLeft = channels * pixelAt(raster, left, top + 1);
    const lowerRight = channels * pixelAt(raster, left + 1, top + 1);
    for (let c = 0; c < channels; c++) {
      const at = (from: number) => values[from + c] ?? 0;
      const upper = at(upperLeft) * (1 - right) + at(upperRight) * right;
      const lower = at(lowerLeft) * (1 - right) + at(lowerRight) * right;
      result[channels * pixel + c] = upper * (1 - below) + lower * below;
    }
  }
  return { width, height, channels, values: result };
}

/**
 * The pixels that are nearest to places.
 *
 * @param size Size of the picture.
 * @param places The places.
 * @returns Numbers of pixels.
 */
export function nearestPixels(size: Size, places: Places): Uint32Array {
  return Uint32Array.from(
    places.x,
    (x, pixel) => pixelAt(size, Math.round(x), Math.round(places.y[pixel] ?? 0)),
  );
}

function pixelAt({ width, height }: Size, column: number, row: number): number {
  return mirrored(row, height) * width + mirrored(column, width);
}
