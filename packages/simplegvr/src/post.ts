/** From what the network gives to frames of samples: their colours, their values, their place. */
import {
  type SampleBits,
  type Samples,
  type SampleScale,
  samplesLike,
  unpackSamples,
} from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import type { Size } from "./geometry.ts";
import type { MosaicTile } from "./mosaic.ts";
import { whiteOf } from "./pre.ts";

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

/**
 * Takes frames apart that came from the GPU side by side.
 *
 * @param words Frames `[frames, height, width, 3]` as words.
 * @param frames How many there are.
 * @param size Size of each.
 * @param bits Bits of a sample.
 * @returns The frames in order.
 */
export function unpackFrames(
  words: ArrayBufferView,
  frames: number,
  size: Size,
  bits: SampleBits,
): RgbPicture<Samples>[] {
  const count = size.height * size.width * 3;
  const samples = unpackSamples(words, frames * count, bits);
  return Array.from(
    { length: frames },
    (_, index) => ({ ...size, data: samples.slice(index * count, (index + 1) * count) }),
  );
}

/**
 * A frame for {@link layTile} to lay tiles into.
 *
 * @param part A tile, whose samples decide how many bits the frame has.
 * @param size Size of the frame.
 * @returns The frame, black.
 */
export function blankFrame({ data }: RgbPicture<Samples>, size: Size): RgbPicture<Samples> {
  return { ...size, data: samplesLike(data, size.width * size.height * 3) };
}

/**
 * Lays the middle of an upscaled tile into the target.
 *
 * @param target The target frame, changed in place.
 * @param part The upscaled tile.
 * @param tile Where it belongs.
 */
export function layTile(
  target: RgbPicture<Samples>,
  part: RgbPicture<Samples>,
  { core, read, geometry }: MosaicTile,
): void {
  const scaled = (position: number) => Math.round(position * geometry.scale);
  const [top, left] = [scaled(core.top), scaled(core.left)];
  const bottom = Math.min(target.height, scaled(core.bottom));
  const right = Math.min(target.width, scaled(core.right));
  const [offsetY, offsetX] = [top - scaled(read.top), left - scaled(read.left)];
  for (let row = 0; row < bottom - top; row++) {
    const from = ((offsetY + row) * part.width + offsetX) * 3;
    const line = part.data.subarray(from, from + (right - left) * 3);
    target.data.set(line, ((top + row) * target.width + left) * 3);
  }
}
