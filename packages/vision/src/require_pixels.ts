import { ShapeError } from "@vicinity/tensor";
import type { RgbPicture } from "./pillow_resize.ts";

/**
 * Refuses a picture whose bytes are not those of its size, such as one with an alpha channel: it would
 * be taken for another picture, and something would be found in it.
 *
 * @param picture The picture.
 * @param verb What is about to be done with it, such as `segment`, for the message.
 * @throws {ShapeError} If it has no pixels, or other bytes than 3 a pixel.
 *
 * @example
 * ```ts
 * import { ShapeError } from "@vicinity/tensor";
 * import { requirePixels } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * requirePixels({ width: 2, height: 1, data: new Uint8Array(6) }, "segment");
 * const rgba = { width: 2, height: 1, data: new Uint8Array(8) };
 * assert.throws(() => requirePixels(rgba, "segment"), ShapeError);
 * ```
 */
export function requirePixels({ width, height, data }: RgbPicture, verb: string): void {
  if (width > 0 && height > 0 && data.length === width * height * 3) return;
  const alpha = data.length > 0 && data.length === width * height * 4;
  throw new ShapeError(
    `Cannot ${verb} a picture of ${width} x ${height} with ${data.length} samples: give width x ` +
      `height x 3 bytes, at least one pixel${alpha ? "; leave out the alpha channel" : ""}.`,
  );
}
