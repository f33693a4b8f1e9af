import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Source } from "./source.ts";

/** Largest file that is hashed in one piece by the platform's own code. */
const WHOLE_BYTES = 64 * 1024 * 1024;
const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * Computes the SHA-256 of a file. Files up to 64 MiB go to the platform's Web Crypto in one piece;
 * larger ones are streamed, since Web Crypto cannot be fed piece by piece.
 *
 * @param source The file.
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
export async function sha256Hex(source: Source): Promise<string> {
  if (source.size > WHOLE_BYTES) return await streamedSha256Hex(source, PIECE_BYTES);
  const digest = await crypto.subtle.digest("SHA-256", await source.read(0, source.size));
  return new Uint8Array(digest).toHex();
}

/**
 * Computes the SHA-256 of a file piece by piece, holding one piece in memory.
 *
 * @param source The file.
 * @param pieceBytes Bytes read at once.
 * @returns The digest, 64 hexadecimal digits in lower case.
 */
export async function streamedSha256Hex(source: Source, pieceBytes: number): Promise<string> {
  const hash = sha256.create();
  for (let offset = 0; offset < source.size; offset += pieceBytes) {
    hash.update(await source.read(offset, Math.min(pieceBytes, source.size - offset)));
  }
  return bytesToHex(hash.digest());
}
