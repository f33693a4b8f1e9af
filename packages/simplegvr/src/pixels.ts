/** Frames of bytes, and their extension to the sizes that the network takes. */
import { ShapeError } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import type { Size } from "./geometry.ts";

/** From bytes to numbers in [−1, 1]. */
export const TO_SIGNAL = { scale: 1 / 127.5, offset: -1 } as const;
/** From numbers in [−1, 1] to bytes; clamped, halves round to even. */
export const TO_BYTES = { scale: 127.5, offset: 127.5 } as const;

/**
 * Extends a frame to the right and below by repeating its border.
 *
 * @param frame The frame.
 * @param padded Size wanted, at least the frame's.
 * @returns Row-major `[padded.height, padded.width, 3]`.
 * @throws {ShapeError} If the frame's data have another length than its size says.
 */
export function padFrame(frame: RgbPicture, padded: Size): Uint8Array {
  const { width, height, data } = frame;
  if (data.length !== width * height * 3) {
    throw new ShapeError(
      `Cannot use a frame of ${width} × ${height} with ${data.length} bytes: ` +
        `${width * height * 3} expected, three a pixel.`,
    );
  }
  if (width === padded.width && height === padded.height) return data;
  const extended = new Uint8Array(padded.width * padded.height * 3);
  for (let row = 0; row < padded.height; row++) {
    const from = Math.min(row, height - 1) * width * 3;
    const to = row * padded.width * 3;
    extended.set(data.subarray(from, from + width * 3), to);
    const border = data.subarray(from + (width - 1) * 3, from + width * 3);
    for (let column = width; column < padded.width; column++) {
      extended.set(border, to + column * 3);
    }
  }
  return extended;
}
