import type { RgbFrame } from "./compare.ts";
import type { ImagePixels } from "./image_decode.ts";

/**
 * The colours of a picture in 8 bits: grey three times, transparency left out, of 16 bits the upper
 * eight, as Pillow and OpenCV read pictures for networks.
 *
 * @param image The picture.
 * @returns Its colours.
 *
 * @example
 * ```ts
 * import { toRgb } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const grey = { width: 1, height: 1, channels: 1, depth: 8, data: Uint8Array.of(7) } as const;
 * assert.deepEqual([...toRgb(grey).data], [7, 7, 7]);
 * ```
 */
export function toRgb(image: ImagePixels): RgbFrame & { data: Uint8Array<ArrayBuffer> } {
  const { width, height, channels, depth, data } = image;
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const sample = data[pixel * channels + (channels === 1 ? 0 : channel)] ?? 0;
      rgb[pixel * 3 + channel] = depth === 16 ? sample >> 8 : sample;
    }
  }
  return { width, height, data: rgb };
}
