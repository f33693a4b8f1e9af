/** What the names that ffmpeg gives pixel formats say. */

/** Bits of a sample by the number at the end of a name: those of a sample, of a pixel, or of floats. */
const DEPTHS: Readonly<Record<string, number>> = {
  "9": 9,
  "10": 10,
  "12": 12,
  "14": 14,
  "16": 16,
  "20": 10,
  "32": 16,
  "48": 16,
  "64": 16,
};

/**
 * Tells how many bits each sample of a pixel format has.
 *
 * @param pixelFormat Its name.
 * @returns The bits; 16 for floats, 8 where the name does not say more.
 *
 * @example
 * ```ts
 * import { sampleDepth } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const names = ["yuv420p", "yuv420p10le", "p010le", "rgb48le", "rgb24"];
 * assert.deepEqual(names.map(sampleDepth), [8, 10, 10, 16, 8]);
 * ```
 */
export function sampleDepth(pixelFormat: string): number {
  const digits = /(\d+)(?:le|be)$/.exec(pixelFormat)?.[1] ?? "";
  return DEPTHS[digits.slice(-2)] ?? 8;
}

/**
 * Tells whether a pixel format has brightness and colour differences.
 *
 * @param pixelFormat Its name.
 * @returns False for red, green and blue.
 */
export function isYuv(pixelFormat: string): boolean {
  return /^(yuv|nv|p[024]|y2|uyvy|yuyv|gray)/.test(pixelFormat);
}

/**
 * Names how a pixel format thins out its colours, however many bits they have and whatever their order.
 *
 * @param pixelFormat Its name.
 * @returns The name of the plain format of 8 bits.
 */
export function layoutOf(pixelFormat: string): string {
  if (/^(p0|nv12|nv21)/.test(pixelFormat)) return "yuv420p";
  if (/^(p2|nv16|nv20|y2|uyvy|yuyv)/.test(pixelFormat)) return "yuv422p";
  if (/^(p4|nv24)/.test(pixelFormat)) return "yuv444p";
  return pixelFormat.replace(/^yuv[aj]/, "yuv").replace(/\d*(le|be)$/, "");
}
