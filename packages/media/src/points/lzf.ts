/** A run of literal bytes has a control byte below this. */
const LITERALS = 32;
/** Length in a control byte that says that another byte of length follows. */
const LONG = 7;

/**
 * Unpacks LZF, the compression of PCD files. A control byte c below 32 is followed by c + 1 literal
 * bytes; any other copies `(c >> 5) + 2` bytes, one after the other, from what is already unpacked.
 *
 * @param packed The packed bytes.
 * @param size How many bytes they unpack to.
 * @returns The unpacked bytes; undefined if the packed ones are damaged or of another size.
 */
export function unpackLzf(packed: Uint8Array, size: number): Uint8Array<ArrayBuffer> | undefined {
  const unpacked = new Uint8Array(size);
  const end = packed.length;
  let from = 0;
  let to = 0;
  while (from < end) {
    const control = packed[from++] ?? 0;
    if (control < LITERALS) {
      const length = control + 1;
      if (from + length > end || to + length > size) return undefined;
      for (let index = 0; index < length; index++) unpacked[to++] = packed[from++] ?? 0;
      continue;
    }
    let length = control >> 5;
    if (from + (length === LONG ? 2 : 1) > end) return undefined;
    if (length === LONG) length += packed[from++] ?? 0;
    length += 2;
    let source = to - ((control & 31) << 8) - (packed[from++] ?? 0) - 1;
    if (source < 0 || to + length > size) return undefined;
    for (let index = 0; index < length; index++) unpacked[to++] = unpacked[source++] ?? 0;
  }
  return to === size ? unpacked : undefined;
}

/** Packed bytes cannot unpack to more than this many times their number. */
export const MOST_LZF_RATIO = 264 / 3;
