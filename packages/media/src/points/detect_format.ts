import { NotPointsError } from "../errors.ts";
import { sniff } from "../sniff.ts";
import { headerLine } from "./header_lines.ts";
import type { PointFormat } from "./point_table.ts";

/** Endings of files of points. */
export const POINT_ENDINGS: readonly string[] = [
  "bin",
  "npy",
  "npz",
  "pcd",
  "ply",
  "las",
  "laz",
  "xyz",
  "txt",
  "csv",
];

const COMPRESSED_LAS = 0xc0;
const LAS_FORMAT_AT = 104;
const PCD_KEYWORD = /^(VERSION|FIELDS|COLUMNS)\s/;
const MOST_COMMENTS = 100;

/**
 * Tells what kind of file of points some bytes are: by what they say themselves; only files of bare
 * floats, which say nothing, go by their ending.
 *
 * @param bytes The file, or its first few KiB.
 * @param name Its name.
 * @returns The kind; undefined if it is something else.
 *
 * @example
 * ```ts
 * import { pointFormat } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * assert.equal(pointFormat(new TextEncoder().encode("ply\nformat ascii 1.0\n"), "scan.bin"), "ply");
 * ```
 */
export function pointFormat(bytes: Uint8Array, name: string): PointFormat | undefined {
  const kind = sniff(bytes);
  if (kind.format === "las") return isPacked(bytes) ? "laz" : "las";
  if (kind.format === "npy") return "npy";
  if (kind.format === "ply") return "ply";
  if (kind.format === "zip") return "npz";
  if (kind.format === "pcd" || isPcd(bytes)) return "pcd";
  if (kind.type === "text") return "text";
  return /\.bin$/i.test(name) || kind.type === "unknown" ? "bin" : undefined;
}

function isPacked(bytes: Uint8Array): boolean {
  return ((bytes[LAS_FORMAT_AT] ?? 0) & COMPRESSED_LAS) !== 0;
}

/** PCD files may begin with comments of any text. */
function isPcd(bytes: Uint8Array): boolean {
  let at = 0;
  for (let lines = 0; lines < MOST_COMMENTS; lines++) {
    const line = headerLine(bytes, at);
    if (line === undefined) return false;
    if (PCD_KEYWORD.test(line.text)) return true;
    if (!/^\s*(#|$)/.test(line.text)) return false;
    at = line.next;
  }
  return false;
}

/** The error for bytes that are no points. */
export function notPoints(bytes: Uint8Array, name: string): NotPointsError {
  const { type, format } = sniff(bytes);
  return new NotPointsError(
    `Cannot read ${name} as points: it is ${type === "image" ? "a picture" : `of type ${type}`} ` +
      `(${format}).`,
    `Give a point cloud (${POINT_ENDINGS.join(", ")}).`,
  );
}
