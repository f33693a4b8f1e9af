import { type RgbFrame, type Samples, sideBySide } from "@vicinity/media";
import { pillowResize } from "@vicinity/vision";
import type { TargetSize } from "./target_size.ts";

/**
 * Puts an enlarged picture beside its bicubic enlargement.
 *
 * @param original The input.
 * @param enlarged The result, of as many bits.
 * @param white White of the labels, as a part of the largest sample.
 * @returns Both, with labels.
 */
export function compare(
  original: RgbFrame<Samples>,
  enlarged: RgbFrame<Samples>,
  white = 1,
): RgbFrame<Samples> {
  const plain = pillowResize(original, enlarged.width, enlarged.height);
  return sideBySide(plain, enlarged, { labels: ["bicubic", "vicinity"], white });
}

/**
 * Columns of {@link compare}'s result.
 *
 * @param size The size of the enlarged picture.
 * @returns Their number.
 */
export function comparisonWidth({ width }: TargetSize): number {
  const rows = { width, height: 1, data: new Uint8Array(width * 3) };
  return sideBySide(rows, rows).width;
}
