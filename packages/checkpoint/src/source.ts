/** Random access to the bytes of one file, wherever it lies. */
export interface Source {
  /** What error messages call it: a path or an address. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * Reads exactly `length` bytes starting at `offset`.
   *
   * @param offset First byte, 0 ≤ offset ≤ size.
   * @param length Number of bytes, offset + length ≤ size.
   * @returns A fresh array of `length` bytes that the caller may keep.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Offers bytes that are already in memory as a {@link Source}.
 *
 * @param bytes The whole file; it is not copied until it is read.
 * @param name What error messages call it.
 * @returns A source over `bytes`.
 *
 * @example
 * ```ts
 * import { memorySource } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const source = memorySource(new Uint8Array([1, 2, 3]));
 * assert.deepEqual([...(await source.read(1, 2))], [2, 3]);
 * ```
 */
export function memorySource(bytes: Uint8Array, name = "(memory)"): Source {
  return {
    name,
    size: bytes.length,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.length) {
        return Promise.reject(
          new RangeError(
            `Cannot read ${name}: bytes ${offset}..${offset + length} lie outside its ` +
              `${bytes.length} bytes. Ask for a range inside the file.`,
          ),
        );
      }
      return Promise.resolve(new Uint8Array(bytes.subarray(offset, offset + length)));
    },
  };
}
