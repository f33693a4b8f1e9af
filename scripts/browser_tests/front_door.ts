/** How the public entry of a package is tried, in a page as in Deno. */
import type { RgbPicture } from "@vicinity/vision";

/** What a package made of its input. */
export interface Tried {
  /** In order. */
  readonly values: readonly number[];
  /** By how much values of two drivers may differ, as a share of the largest. */
  readonly tolerance: number;
}

/**
 * Loads a model from its bytes and runs it.
 *
 * @param bytesOf Fetches a file by its path from the project's root.
 * @returns What it made.
 */
export type FrontDoor = (
  bytesOf: (path: string) => Promise<Uint8Array<ArrayBuffer>>,
) => Promise<Tried>;

/** Of scores and coordinates: drivers round differently, and networks pass that on. */
export const NUMBERS = 1e-3;
/** Of 8-bit colours: one step. */
export const COLORS = 1 / 200;

/**
 * What is wrong with a result.
 *
 * @param actual The result.
 * @param expected What it should be.
 * @returns Words; nothing when all is well.
 */
export function difference(actual: Tried, { values, tolerance }: Tried): string | undefined {
  if (values.length === 0) return "nothing was made";
  if (actual.values.length !== values.length) {
    return `${actual.values.length} values, expected ${values.length}`;
  }
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const distances = values.map((value, at) => Math.abs(value - (actual.values[at] ?? NaN)));
  const wrong = distances.findIndex((distance) => !(distance <= tolerance * largest));
  if (wrong < 0) return undefined;
  return `value ${wrong} of ${values.length} is ${actual.values[wrong]}, expected ${values[wrong]}`;
}

/**
 * A picture with edges, slopes and texture.
 *
 * @param width Columns.
 * @param height Rows.
 * @param shift Moves it, as time does.
 * @returns The picture.
 */
export function picture(width: number, height: number, shift = 0): RgbPicture {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [channel, x, y] = [
      at % 3,
      Math.floor(at / 3) % width + shift,
      Math.floor(at / 3 / width),
    ];
    const edge = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2 ? 70 : 0;
    return 80 + edge + 40 * channel + 30 * Math.sin(x * 0.7 + channel) * Math.cos(y * 0.4);
  });
  return { width, height, data };
}
