import type { OptionValues } from "../options.ts";
import type { VIDEO_OPTIONS } from "./video_options.ts";

/** Encoders whose size follows from `--crf`. */
const BY_QUALITY = /264|265|hevc|vp9|av1/;
/** Bits that they take for a pixel at {@link USUAL_CRF}. */
const USUAL_BITS = 0.15;
const USUAL_CRF = 16;
/** So much more of `--crf` halves the size. */
const HALVING_CRF = 6;
/** Bits that others take, which are for cutting and keeping. */
const OTHER_BITS = 3;

/** How large a video is, and how long. */
export interface VideoExtent {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Frames. */
  readonly frames: number;
}

/**
 * Estimates how large the file of a video will be; grain makes it several times larger, still pictures
 * smaller.
 *
 * @param extent The video.
 * @param values Values of `VIDEO_OPTIONS`.
 * @returns Bytes.
 */
export function videoBytes(
  { width, height, frames }: VideoExtent,
  { codec = "libx264", crf }: Pick<OptionValues<typeof VIDEO_OPTIONS>, "codec" | "crf">,
): number {
  const bits = BY_QUALITY.test(codec)
    ? USUAL_BITS * 2 ** ((USUAL_CRF - crf) / HALVING_CRF)
    : OTHER_BITS;
  return Math.ceil(width * height * frames * bits / 8);
}
