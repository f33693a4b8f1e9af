import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Source } from "./source.ts";

/** Largest file that is hashed in one piece by the platform's own code. */
const WHOLE_BYTES = 64 * 1024 * 1024;
const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * Computes the SHA-256 of a file, or of several read one after the other. A file up to 64 MiB goes to the platform's Web Crypto in one piece;
 * everything else is streamed, since Web Crypto cannot be fed piece by piece.
 *
 * @param sources The files.
 * @returns The digest, 64 hexadecimal digits in lower case.
 *
 * @example
 * ```ts
 * import { memorySource, sha256Hex } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const digest = await sha256Hex(memorySource(new TextEncoder().encode("abc")));
 * assert.equal(digest.slice(0, 8), "ba7816bf");
 * ```
 */
export async function sha256Hex(...sources: readonly Source[]): Promise<string> {
  const [only] = sources;
  if (only === undefined || sources.length > 1 || only.size > WHOLE_BYTES) {
    return await streamedSha256Hex(sources, PIECE_BYTES);
  }
  const digest = await crypto.subtle.digest("SHA-256", await only.read(0, only.size));
  return new Uint8Array(digest).toHex();
}

/**
 * Computes the SHA-256 of files piece by piece, holding one piece in memory.
 *
 * @param sources The files, in order.
 * @param pieceBytes Bytes read at once.
 * @returns The digest, 64 hexadecimal digits in lower case.
 */
export async function streamedSha256Hex(
  sources: readonly Source[],
  pieceBytes: number,
): Promise<string> {
  const hash = sha256.create();
  for (const source of sources) {
    for (let offset = 0; offset < source.size; offset += pieceBytes) {
      hash.update(await source.read(offset, Math.min(pieceBytes, source.size - offset)));
    }
  }
  return bytesToHex(hash.digest());
}
