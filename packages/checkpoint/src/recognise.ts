/** What a file is, by its first bytes: names say little, `.bin` nothing. */

/** The forms in which checkpoints come. */
export type CheckpointForm = "safetensors" | "torch-zip" | "torch-legacy" | "sharded";

/** Bytes that {@link recogniseForm} wants to see. */
export const HEAD_BYTES = 64;

const ZIP_SIGNATURE = [0x50, 0x4b, 0x03, 0x04];
/** Start of every pickle since protocol 2. */
const PICKLE_PROTOCOL = 0x80;
/** `0x1950a86a20f9469cfc6c` as a pickled number, the first object of PyTorch's old container. */
const LEGACY_MAGIC = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/** Protocol, and from protocol 4 on the frame with its length, which come before that number. */
const LEGACY_PLACES = [2, 11];
/** Bytes 4 to 7 of a safetensors file: its header has at most 100 MB, so they are zero. */
const LENGTH_TOP = { begin: 4, end: 8 };
const BRACE = "{".charCodeAt(0);

/**
 * Recognises a checkpoint by its first bytes.
 *
 * @param head The first {@link HEAD_BYTES} bytes, or all of a shorter file.
 * @returns Its form, or undefined when it is none of them.
 *
 * @example
 * ```ts
 * import { recogniseForm } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.equal(recogniseForm(new TextEncoder().encode('{"weight_map":{}}')), "sharded");
 * ```
 */
export function recogniseForm(head: Uint8Array): CheckpointForm | undefined {
  // First of all, since the length of a header may look like the start of anything else.
  const { begin, end } = LENGTH_TOP;
  if (head[end] === BRACE && head.subarray(begin, end).every((byte) => byte === 0)) {
    return "safetensors";
  }
  if (startsAt(head, 0, ZIP_SIGNATURE)) return "torch-zip";
  if (head[0] === PICKLE_PROTOCOL && LEGACY_PLACES.some((at) => startsAt(head, at, LEGACY_MAGIC))) {
    return "torch-legacy";
  }
  return /^\s*\{/.test(new TextDecoder().decode(head)) ? "sharded" : undefined;
}

function startsAt(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, index) => bytes[at + index] === byte);
}
