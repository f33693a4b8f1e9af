/** Frames of bytes in golden files. */
import type { RgbPicture } from "@vicinity/vision";
import type { GoldenTensor } from "../golden_case.ts";

/**
 * Reads frames.
 *
 * @param tensor Bytes, `[frames, rows, cols, 3]`.
 * @returns The frames.
 */
export function framesOf({ shape, values }: GoldenTensor): RgbPicture[] {
  const [count = 0, height = 0, width = 0] = shape;
  const size = height * width * 3;
  return Array.from({ length: count }, (_, index) => ({
    width,
    height,
    data: Uint8Array.from(values.subarray(index * size, (index + 1) * size)),
  }));
}
