/** Frames of samples, and their extension to the sizes that the network takes. */
import {
  bitsOf,
  type SampleBits,
  type Samples,
  type SampleScale,
  samplesLike,
  ShapeError,
} from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import type { Size } from "./geometry.ts";

/**
 * From samples to numbers in [−1, 1].
 *
 * @param bits Bits of a sample.
 * @returns Black to −1, white to 1.
 */
export function toSignal(bits: SampleBits): SampleScale {
  return { bits, scale: 2 / whiteOf(bits), offset: -1 };
}

/**
 * From numbers in [−1, 1] to samples; clamped, halves round to even.
 *
 * @param bits Bits of a sample.
 * @returns −1 to black, 1 to white.
 */
export function toSamples(bits: SampleBits): SampleScale {
  const half = whiteOf(bits) / 2;
  return { bits, scale: half, offset: half };
}

function whiteOf(bits: SampleBits): number {
  return 2 ** bits - 1;
}

/**
 * The brightest sample that there can be.
 *
 * @param frame A frame.
 * @returns 255 or 65535.
 */
export function whiteOfFrame({ data }: RgbPicture<Samples>): number {
  return whiteOf(bitsOf(data));
}

/**
 * Extends a frame to the right and below by repeating its border.
 *
 * @param frame The frame.
 * @param padded Size wanted, at least the frame's.
 * @returns Row-major `[padded.height, padded.width, 3]`.
 * @throws {ShapeError} If the frame's data have another length than its size says.
 */
export function padFrame(frame: RgbPicture<Samples>, padded: Size): Samples {
  const { width, height, data } = frame;
  if (data.length !== width * height * 3) {
    throw new ShapeError(
      `Cannot use a frame of ${width} × ${height} with ${data.length} samples: ` +
        `${width * height * 3} expected, three a pixel.`,
    );
  }
  if (width === padded.width && height === padded.height) return data;
  const extended = samplesLike(data, padded.width * padded.height * 3);
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
