import { extname } from "node:path";
import { videoBytes } from "@vicinity/cli";
import { type ImageFormat, pictureFormat } from "@vicinity/media";
import type { UpscaleContext } from "./engine.ts";
import type { Result } from "./products.ts";

/** Bytes that each format takes for a pixel of a photograph. */
const PICTURE_BYTES: Readonly<Record<ImageFormat, number>> = {
  png: 2,
  jpg: 0.5,
  webp: 0.4,
  avif: 0.2,
  tiff: 3,
};

/**
 * Estimates how large the results of an input will be.
 *
 * @param results The results.
 * @param extent Their rows; of videos their frames, and how many copies there are at a time.
 * @param values The options.
 * @returns Bytes.
 */
export function outputBytes(
  results: readonly Result[],
  { height, frames, copies = 1 }: {
    readonly height: number;
    readonly frames?: number | undefined;
    readonly copies?: number;
  },
  values: UpscaleContext["values"],
): number {
  return results.reduce((sum, { width, target }) => {
    if (frames !== undefined) return sum + copies * videoBytes({ width, height, frames }, values);
    const format = pictureFormat(extname(target).slice(1)) ?? "png";
    return sum + Math.ceil(width * height * PICTURE_BYTES[format]);
  }, 0);
}
