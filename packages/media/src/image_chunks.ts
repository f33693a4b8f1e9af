import { crc32, deflateSync } from "node:zlib";

/**
 * Puts colour profile, EXIF, XMP and texts into finished PNG, JPEG and WebP files. The encoder
 * library takes profiles only by path and cannot carry EXIF to new pixels, so the blocks are
 * inserted here, where each format wants them.
 */

/** The blocks to insert. */
export interface ImageBlocks {
  /** ICC profile. */
  icc?: Uint8Array;
  /** EXIF as a TIFF block. */
  exif?: Uint8Array;
  /** XMP packet. */
  xmp?: Uint8Array;
  /** Texts by keyword. */
  text?: Record<string, string>;
}

const PNG_HEADER_BYTES = 33;
const JPEG_SEGMENT_MAX = 65533;

/**
 * Inserts blocks into a PNG file, right after its header.
 *
 * @param file The file.
 * @param blocks What to insert.
 * @returns A new file.
 */
export function withPngBlocks(file: Uint8Array, blocks: ImageBlocks): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  if (blocks.icc) {
    chunks.push(pngChunk("iCCP", [latin1("icc\0\0"), new Uint8Array(deflateSync(blocks.icc))]));
  }
  if (blocks.exif) chunks.push(pngChunk("eXIf", [blocks.exif]));
  if (blocks.xmp) {
    chunks.push(pngChunk("iTXt", [latin1("XML:com.adobe.xmp\0\0\0\0\0"), blocks.xmp]));
  }
  for (const [keyword, value] of Object.entries(blocks.text ?? {})) {
    chunks.push(pngChunk("iTXt", [latin1(`${keyword}\0\0\0\0\0`), utf8(value)]));
  }
  return joined([file.subarray(0, PNG_HEADER_BYTES), ...chunks, file.subarray(PNG_HEADER_BYTES)]);
}

/**
 * Inserts blocks into a JPEG file, right after its start marker.
 *
 * @param file The file.
 * @param blocks What to insert; an EXIF or XMP block too large for one segment is left out.
 * @returns A new file.
 */
export function withJpegBlocks(file: Uint8Array, blocks: ImageBlocks): Uint8Array<ArrayBuffer> {
  const segments: Uint8Array[] = [];
  if (blocks.exif) segments.push(...jpegSegment(0xe1, [latin1("Exif\0\0"), blocks.exif]));
  if (blocks.xmp) {
    segments.push(...jpegSegment(0xe1, [latin1("http://ns.adobe.com/xap/1.0/\0"), blocks.xmp]));
  }
  if (blocks.icc) {
    const size = JPEG_SEGMENT_MAX - 14;
    const count = Math.ceil(blocks.icc.length / size);
    for (let part = 0; part < count; part++) {
      const piece = blocks.icc.subarray(part * size, (part + 1) * size);
      const head = joined([latin1("ICC_PROFILE\0"), Uint8Array.of(part + 1, count)]);
      segments.push(...jpegSegment(0xe2, [head, piece]));
    }
  }
  for (const [keyword, value] of Object.entries(blocks.text ?? {})) {
    segments.push(...jpegSegment(0xfe, [utf8(`${keyword}: ${value}`)]));
  }
  return joined([file.subarray(0, 2), ...segments, file.subarray(2)]);
}

/**
 * Inserts blocks into a WebP file, giving it the extended header that they need.
 *
 * @param file The file.
 * @param blocks What to insert; texts have no place in WebP.
 * @param size Size of the picture and whether it has alpha.
 * @returns A new file.
 */
export function withWebpBlocks(
  file: Uint8Array,
  blocks: ImageBlocks,
  size: { width: number; height: number; alpha: boolean },
): Uint8Array<ArrayBuffer> {
  if (!blocks.icc && !blocks.exif && !blocks.xmp) return joined([file]);
  const isExtended = String.fromCharCode(...file.subarray(12, 16)) === "VP8X";
  const extended = new Uint8Array(10);
  const known = isExtended ? file[20] ?? 0 : 0;
  extended[0] = known | (blocks.icc ? 0x20 : 0) | (size.alpha ? 0x10 : 0) |
    (blocks.exif ? 0x08 : 0) | (blocks.xmp ? 0x04 : 0);
  const view = new DataView(extended.buffer);
  view.setUint16(4, (size.width - 1) & 0xffff, true);
  view.setUint16(7, (size.height - 1) & 0xffff, true);
  const chunks = [
    webpChunk("VP8X", extended),
    ...(blocks.icc ? [webpChunk("ICCP", blocks.icc)] : []),
    file.subarray(isExtended ? 30 : 12),
    ...(blocks.exif ? [webpChunk("EXIF", blocks.exif)] : []),
    ...(blocks.xmp ? [webpChunk("XMP ", blocks.xmp)] : []),
  ];
  return webpChunk("RIFF", joined([latin1("WEBP"), ...chunks]));
}

function pngChunk(type: string, payload: Uint8Array[]): Uint8Array {
  const body = joined([latin1(type), ...payload]);
  return joined([bigEndian(body.length - 4), body, bigEndian(crc32(body))]);
}

function jpegSegment(marker: number, payload: Uint8Array[]): Uint8Array[] {
  const body = joined(payload);
  if (body.length > JPEG_SEGMENT_MAX) return [];
  const length = body.length + 2;
  return [joined([Uint8Array.of(0xff, marker, length >> 8, length & 255), body])];
}

function webpChunk(type: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = bigEndian(payload.length).reverse();
  return joined([latin1(type), size, payload, new Uint8Array(payload.length % 2)]);
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function latin1(value: string): Uint8Array {
  return Uint8Array.from(value, (letter) => letter.charCodeAt(0) & 255);
}

function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
