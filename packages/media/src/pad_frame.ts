/**
 * Grows a frame to the right and downwards by repeating its edge pixels.
 *
 * @param frame Its bytes, row-major, as many for each pixel.
 * @param size Its width and height in pixels.
 * @param target Size to reach, not smaller than the frame.
 * @returns The bytes of a new frame.
 */
export function padToEven(
  frame: Uint8Array,
  { width, height }: { width: number; height: number },
  target: { width: number; height: number },
): Uint8Array<ArrayBuffer> {
  const pixelBytes = frame.length / (width * height);
  const padded = new Uint8Array(target.width * target.height * pixelBytes);
  for (let row = 0; row < target.height; row++) {
    const from = Math.min(row, height - 1) * width * pixelBytes;
    const to = row * target.width * pixelBytes;
    const pixels = frame.subarray(from, from + width * pixelBytes);
    padded.set(pixels, to);
    for (let column = width; column < target.width; column++) {
      padded.set(pixels.subarray(-pixelBytes), to + column * pixelBytes);
    }
  }
  return padded;
}
