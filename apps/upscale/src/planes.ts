import type { Color, ImagePixels, RgbFrame } from "@vicinity/media";

/** A picture as frames for the network. */
export interface Planes {
  /** Its colours; grey pictures have three equal channels. */
  readonly color: RgbFrame;
  /** Its opacity as a grey frame, if any pixel is not opaque. */
  readonly alpha: RgbFrame | undefined;
}

/**
 * Takes a picture apart into 8-bit frames.
 *
 * @param image The picture.
 * @returns Its colours and opacity.
 */
export function splitAlpha(image: ImagePixels): Planes {
  const { width, height, channels, depth, data } = image;
  const byte = (at: number) => {
    const sample = data[at] ?? 0;
    return depth === 16 ? Math.round(sample / 257) : sample;
  };
  const pixels = width * height;
  const color = new Uint8Array(pixels * 3);
  const alpha = channels === 4 ? new Uint8Array(pixels * 3) : undefined;
  let opaque = true;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const to = pixel * 3 + channel;
      color[to] = byte(pixel * channels + (channels === 1 ? 0 : channel));
      if (alpha !== undefined) alpha[to] = byte(pixel * 4 + 3);
    }
    opaque &&= alpha === undefined || alpha[pixel * 3] === 255;
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
 * @param background The colour that shows through it.
 * @returns An opaque picture.
 */
export function flatten({ color, alpha }: Planes, background: Color): RgbFrame {
  if (alpha === undefined) return color;
  const data = color.data.map((sample, at) => {
    const opacity = (alpha.data[at] ?? 255) / 255;
    return Math.round(opacity * sample + (1 - opacity) * (background[at % 3] ?? 255));
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
  color: RgbFrame,
  alpha: RgbFrame | undefined,
  grey: boolean,
): ImagePixels {
  const { width, height } = color;
  const channels = alpha !== undefined ? 4 : grey ? 1 : 3;
  if (channels === 3) return { width, height, channels, depth: 8, data: color.data };
  const data = new Uint8Array(width * height * channels);
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
  return { width, height, channels, depth: 8, data };
}

/** The network treats three equal channels almost alike; their mean is the grey value. */
function mean(rgb: Uint8Array, pixel: number): number {
  const at = pixel * 3;
  return Math.round(((rgb[at] ?? 0) + (rgb[at + 1] ?? 0) + (rgb[at + 2] ?? 0)) / 3);
}
