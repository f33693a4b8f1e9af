/** From what the network gives to frames of samples: their colours, their values, their place. */
import {
  pointwise,
  resizeByTables,
  type SampleBits,
  type Samples,
  type SampleScale,
  samplesLike,
  type Tensor,
  unpackSamples,
} from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { coarseTable } from "./colour_fix.ts";
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
 * Gives frames the coarse structure, and with it the colours, of others, as `matchLowFrequencies`
 * does on the host. A pixel depends on those up to 31 around it.
 *
 * @param content Frames whose fine structure stays, f32 `[frames, rows, cols, channels]`.
 * @param style Frames whose coarse structure is wanted, as large.
 * @returns The changed frames, not clamped.
 */
export function matchColours(content: Tensor, style: Tensor): Tensor {
  const [, rows = 0, cols = 0] = content.shape;
  // Blurs are linear: the difference takes one of them where the two pictures would take two.
  const difference = pointwise("b - a", { a: content, b: style });
  const coarse = resizeByTables(difference, coarseTable(rows), coarseTable(cols));
  return pointwise("a + b", { a: content, b: coarse });
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
