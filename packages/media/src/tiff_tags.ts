import type { ImageBlocks } from "./image_chunks.ts";

/** Bytes of an entry of a directory: tag, type, count, and a value or its place. */
const ENTRY_BYTES = 12;
const ASCII = 2;
const BYTE = 1;
const UNDEFINED = 7;
const TAG = { software: 305, xmp: 700, icc: 34675 } as const;

/** One value of a directory that does not fit into its entry. */
interface Field {
  readonly tag: number;
  readonly type: number;
  readonly bytes: Uint8Array;
}

/**
 * Puts colour profile, XMP and the text `Software` into a finished TIFF file: a new directory at its end
 * takes over the entries of the first one.
 *
 * @param file The file, little-endian and with offsets of 32 bits, as the encoder library writes it.
 * @param blocks What to insert; EXIF, whose parts lie at places of their own, has no room.
 * @returns A new file.
 */
export function withTiffTags(file: Uint8Array, blocks: ImageBlocks): Uint8Array<ArrayBuffer> {
  const fields = fieldsOf(blocks);
  const old = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const directory = old.getUint32(4, true);
  const count = old.getUint16(directory, true);
  const entries = Array.from({ length: count }, (_, index) => {
    const start = directory + 2 + index * ENTRY_BYTES;
    return file.slice(start, start + ENTRY_BYTES);
  });
  const room = fields.reduce((sum, { bytes }) => sum + even(bytes.length), even(file.length));
  const size = room + 2 + (count + fields.length) * ENTRY_BYTES + 4;
  const result = new Uint8Array(size);
  const view = new DataView(result.buffer);
  result.set(file);
  let place = even(file.length);
  for (const { tag, type, bytes } of fields) {
    result.set(bytes, place);
    const entry = new DataView(new ArrayBuffer(ENTRY_BYTES));
    entry.setUint16(0, tag, true);
    entry.setUint16(2, type, true);
    entry.setUint32(4, bytes.length, true);
    entry.setUint32(8, place, true);
    entries.push(new Uint8Array(entry.buffer));
    place += even(bytes.length);
  }
  // Readers look for tags in rising order.
  const tagOf = (entry: Uint8Array) => (entry[0] ?? 0) + 256 * (entry[1] ?? 0);
  entries.sort((one, other) => tagOf(one) - tagOf(other));
  view.setUint32(4, place, true);
  view.setUint16(place, entries.length, true);
  for (const [index, entry] of entries.entries()) {
    result.set(entry, place + 2 + index * ENTRY_BYTES);
  }
  return result;
}

/** Those that are longer than the four bytes of an entry, as all of these are. */
function fieldsOf({ icc, xmp, text = {} }: ImageBlocks): Field[] {
  const software = text["Software"];
  const fields: Field[] = [];
  if (software !== undefined) {
    const bytes = new TextEncoder().encode(`${software}\0`.padEnd(5, "\0"));
    fields.push({ tag: TAG.software, type: ASCII, bytes });
  }
  if (xmp) fields.push({ tag: TAG.xmp, type: BYTE, bytes: xmp });
  if (icc) fields.push({ tag: TAG.icc, type: UNDEFINED, bytes: icc });
  return fields;
}

/** Values lie at even places. */
function even(length: number): number {
  return length + length % 2;
}
