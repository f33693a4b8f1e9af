/** The pictures that the authors' script writes, to the byte, for comparing results with it. */
import type { RgbPicture } from "@vicinity/vision";
import type { Plane } from "./post.ts";
import { NORMALISATION, UNIT_STATISTICS } from "./pre.ts";

/** What the script writes of a picture. */
export interface OfficialPictures {
  /** The picture after normalisation and back; cut off to whole numbers, about 40 % are one less. */
  readonly original: Uint8Array<ArrayBuffer>;
  /** 255 where the probability is above the threshold, one byte a pixel. */
  readonly mask: Uint8Array<ArrayBuffer>;
  /** The picture with the mask over it: blue, though red was meant. */
  readonly overlay: Uint8Array<ArrayBuffer>;
}

/** The channel that the script raises. */
const RAISED = 2;

/**
 * Writes what the authors' script would.
 *
 * @param picture The picture as it lies on the canvas.
 * @param probabilities Of as many pixels.
 * @param options Threshold of the mask, and opacity of the colour.
 * @returns The pictures.
 */
export function officialPictures(
  picture: RgbPicture,
  probabilities: Plane,
  { threshold = 0.5, alpha = 0.3 }: { readonly threshold?: number; readonly alpha?: number } = {},
): OfficialPictures {
  const mask = Uint8Array.from(probabilities.values, (value) => value > threshold ? 255 : 0);
  const original = Uint8Array.from(picture.data, (byte, at) => {
    const channel = at % 3;
    const less = Math.fround(byte - (NORMALISATION.mean[channel] ?? 0));
    const normal = Math.fround(less * (NORMALISATION.scale[channel] ?? 1));
    // The canvas is in single precision, the way back in double.
    const { mean, std } = UNIT_STATISTICS;
    const unit = normal * (std[channel] ?? 1) + (mean[channel] ?? 0);
    return Math.min(255, Math.max(0, unit * 255));
  });
  const overlay = original.map((byte, at) => {
    if (mask[Math.floor(at / 3)] === 0) return byte;
    return byte * (1 - alpha) + (at % 3 === RAISED ? 255 * alpha : 0);
  });
  return { original, mask, overlay };
}
