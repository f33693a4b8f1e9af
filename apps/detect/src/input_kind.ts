import { extname } from "node:path";
import type { Input } from "@vicinity/cli";
import { PICTURE_ENDINGS, POINT_ENDINGS, pointFormat, sniff, VIDEO_ENDINGS } from "@vicinity/media";

/** What an input of `detect` is; videos count as pictures. */
export type DetectInput = "picture" | "scan";

/**
 * Endings of scans that count inside folders: not those of texts, which seldom are scans.
 */
export const SCAN_ENDINGS: readonly string[] = POINT_ENDINGS.filter((ending) =>
  !["txt", "csv"].includes(ending)
);

/**
 * Tells scans from pictures and videos by their first bytes; the ending decides what those leave open.
 *
 * @param input The file.
 * @param head Its first bytes.
 * @returns Its kind; damaged files go by their ending, so that their error fits.
 */
export function detectInputOf(input: Input, head: Uint8Array): DetectInput {
  const { type } = sniff(head);
  if (type === "image" || type === "video") return "picture";
  if (type === "points") return "scan";
  const ending = extname(input.path).slice(1).toLowerCase();
  if (POINT_ENDINGS.includes(ending)) return "scan";
  if ([...PICTURE_ENDINGS, ...VIDEO_ENDINGS].includes(ending) || head.length === 0) {
    return "picture";
  }
  return pointFormat(head, input.path) === undefined ? "picture" : "scan";
}
