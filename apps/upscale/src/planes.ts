import type { Color, FrameDepth, ImagePixels, RgbFrame, Samples } from "@vicinity/media";
import { bitsOf, samplesLike } from "@vicinity/tensor";

/** A picture as frames for the network. */
export interface Planes {
  /** Its colours; grey pictures have three equal channels. */
  readonly color: RgbFrame<Samples>;
  /** Its opacity as a grey frame, if any pixel is not opaque. */
  readonly alpha: RgbFrame<Samples> | undefined;
}

/**
 * Takes a picture apart into frames.
 *
 * @param image The picture.
 * @param depth Bits of a sample of the frames.
 * @returns Its colours and opacity.
 */
export function splitAlpha(image: ImagePixels, depth: FrameDepth): Planes {
  const { width, height, channels, data } = image;
  const white = whiteOf(depth);
  const scale = white / whiteOf(image.depth);
  const sampleAt = (at: number) => Math.round((data[at] ?? 0) * scale);
  const pixels = width * height;
  const color: Samples = new (depth === 16 ? Uint16Array : Uint8Array)(pixels * 3);
  const alpha = channels === 4 ? samplesLike(color, color.length) : undefined;
  let opaque = true;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const to = pixel * 3 + channel;
      color[to] = sampleAt(pixel * channels + (channels === 1 ? 0 : channel));
      if (alpha !== undefined) alpha[to] = sampleAt(pixel * 4 + 3);
    }
    opaque &&= alpha === undefined || alpha[pixel * 3] === white;
  }
  return {
    color: { width, height, data: color },
    alpha: opaque || alpha === undefined ? undefined : { width, height, data: alpha },
  };
}

/**
 * Puts a picture on a colour.
 *
 * @param planes The picture.
 * @param background The colour that shows through it, of 8 bits.
 * @returns An opaque picture.
 */
export function flatten({ color, alpha }: Planes, background: Color): RgbFrame<Samples> {
  if (alpha === undefined) return color;
  const white = whiteOf(bitsOf(color.data));
  const behind = background.map((sample) => sample * white / 255);
  const data = color.data.map((sample, at) => {
    const opacity = (alpha.data[at] ?? white) / white;
    return Math.round(opacity * sample + (1 - opacity) * (behind[at % 3] ?? white));
  });
  return { ...color, data };
}

/**
 * Puts a picture together again.
 *
 * @param color Its colours.
 * @param alpha Its opacity, as large as the colours.
 * @param grey Whether one channel is enough.
 * @returns One, three or four channels.
 */
export function joinAlpha(
  color: RgbFrame<Samples>,
  alpha: RgbFrame<Samples> | undefined,
  grey: boolean,
): ImagePixels {
  const { width, height } = color;
  const depth = bitsOf(color.data);
  const channels = alpha !== undefined ? 4 : grey ? 1 : 3;
  if (channels === 3) return { width, height, channels, depth, data: color.data };
  const data = samplesLike(color.data, width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (alpha === undefined) {
      data[pixel] = mean(color.data, pixel);
      continue;
    }
    for (let channel = 0; channel < 3; channel++) {
      data[pixel * 4 + channel] = color.data[pixel * 3 + channel] ?? 0;
    }
    data[pixel * 4 + 3] = mean(alpha.data, pixel);
  }
  return { width, height, channels, depth, data };
}

function whiteOf(depth: FrameDepth): number {
  return 2 ** depth - 1;
}

/** The network treats three equal channels almost alike; their mean is the grey value. */
function mean(rgb: Samples, pixel: number): number {
  const at = pixel * 3;
  return Math.round(((rgb[at] ?? 0) + (rgb[at + 1] ?? 0) + (rgb[at + 2] ?? 0)) / 3);
}
