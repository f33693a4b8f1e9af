/** The ways of enlarging a clip that are compared. */
import type { RgbFrame } from "@vicinity/media";
import { resizeImage, type UpscaleOptions, type Upscaler } from "@vicinity/simplegvr";
import type { ResampleFilter } from "@vicinity/tensor";
import type { ClipFile } from "./clips.ts";

/** Enlarges a clip by a factor. */
export interface Method {
  /** Heading of its column. */
  readonly name: string;
  enlarge(clip: ClipFile, scale: number): AsyncIterable<RgbFrame>;
}

/**
 * Resampling of each frame by Pillow's rule, rounded to bytes.
 *
 * @param name Heading.
 * @param filter Kernel.
 */
export function resampling(name: string, filter: ResampleFilter): Method {
  return {
    name,
    enlarge: async function* (clip, scale) {
      const from = { rows: clip.height, cols: clip.width, channels: 3 };
      const to = { rows: clip.height * scale, cols: clip.width * scale };
      for await (const { data } of clip.decode()) {
        // A clamped array rounds as the network's output is rounded: halves to even.
        const bytes = Uint8ClampedArray.from(resizeImage(data, from, to, filter));
        yield { width: to.cols, height: to.rows, data: new Uint8Array(bytes.buffer) };
      }
    },
  };
}

/**
 * The network, whole or without one of its paths.
 *
 * @param name Heading.
 * @param upscaler The loaded network.
 * @param options What to leave out.
 */
export function network(
  name: string,
  upscaler: Upscaler,
  options: Pick<UpscaleOptions, "ablation"> = {},
): Method {
  return {
    name,
    enlarge: (clip, scale) => {
      const { width, height, frames } = clip;
      return upscaler.upscale(clip.decode(), { ...options, width, height, frames, scale });
    },
  };
}
