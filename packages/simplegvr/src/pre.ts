/** From frames of samples to what the network takes: parts of them, their padding, signal values. */
import {
  bitsOf,
  packSamples,
  type SampleBits,
  type Samples,
  type SampleScale,
  samplesLike,
  ShapeError,
} from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { type Size, tileSize } from "./geometry.ts";
import type { Tile } from "./tiles.ts";

/**
 * The brightest sample of so many bits.
 *
 * @param bits Bits of a sample.
 * @returns 255 or 65535.
 */
export function whiteOf(bits: SampleBits): number {
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
 * From samples to numbers in [−1, 1].
 *
 * @param bits Bits of a sample.
 * @returns Black to −1, white to 1.
 */
export function toSignal(bits: SampleBits): SampleScale {
  return { bits, scale: 2 / whiteOf(bits), offset: -1 };
}

/**
 * A part of a frame.
 *
 * @param frame The frame.
 * @param tile Which part.
 * @returns The part, a copy unless it is the whole.
 */
export function cutFrame(frame: RgbPicture<Samples>, tile: Tile): RgbPicture<Samples> {
  const { width, height } = tileSize(tile);
  if (width === frame.width && height === frame.height) return frame;
  const data = samplesLike(frame.data, width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((tile.top + row) * frame.width + tile.left) * 3;
    data.set(frame.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { width, height, data };
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

/** Frames of the source on their way to the GPU. */
export interface SourceFrames {
  /** Padded frames, `[frames, height, width, 3]`, as words. */
  readonly words: Uint32Array;
  /** Bits of a sample. */
  readonly bits: SampleBits;
}

/**
 * Puts padded frames side by side for the GPU.
 *
 * @param frames Samples of one frame each, all of one size and of as many bits.
 * @returns All of them.
 */
export function packFrames(frames: readonly Samples[]): SourceFrames {
  const [first = new Uint8Array()] = frames;
  const joined = samplesLike(first, frames.length * first.length);
  frames.forEach((frame, index) => joined.set(frame, index * first.length));
  return { words: packSamples(joined), bits: bitsOf(joined) };
}
