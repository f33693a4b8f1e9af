/**
 * Grows an RGB frame to the right and downwards by repeating its edge pixels.
 *
 * @param frame RGB bytes, [height, width, 3].
 * @param width Width in pixels.
 * @param height Height in pixels.
 * @param target Size to reach, not smaller than the frame.
 * @returns A new frame, [target.height, target.width, 3].
 */
export function padToEven(
  frame: Uint8Array,
  width: number,
  height: number,
  target: { width: number; height: number },
): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(target.width * target.height * 3);
  for (let row = 0; row < target.height; row++) {
    const from = Math.min(row, height - 1) * width * 3;
    const to = row * target.width * 3;
    const pixels = frame.subarray(from, from + width * 3);
    padded.set(pixels, to);
    for (let column = width; column < target.width; column++) {
      padded.set(pixels.subarray(-3), to + column * 3);
    }
  }
  return padded;
}
