/** What a file is, told by its first bytes alone. */
export interface MediaKind {
  /** The family that decides who can read the file. */
  type: "image" | "video" | "points" | "array" | "checkpoint" | "text" | "unknown";
  /** The format inside the family, for example `jpeg`, `matroska` or `npy`. */
  format: string;
}

type ImageFormat = "jpeg" | "png" | "gif" | "webp" | "tiff" | "bmp" | "avif" | "heic";

const SIGNATURES: readonly { at: number; bytes: string; kind: MediaKind }[] = [
  { at: 0, bytes: "\xff\xd8\xff", kind: image("jpeg") },
  { at: 0, bytes: "\x89PNG\r\n\x1a\n", kind: image("png") },
  { at: 0, bytes: "GIF8", kind: image("gif") },
  { at: 8, bytes: "WEBP", kind: image("webp") },
  { at: 0, bytes: "II*\0", kind: image("tiff") },
  { at: 0, bytes: "MM\0*", kind: image("tiff") },
  { at: 0, bytes: "II+\0", kind: image("tiff") },
  { at: 0, bytes: "MM\0+", kind: image("tiff") },
  { at: 0, bytes: "BM", kind: image("bmp") },
  { at: 0, bytes: "\x1a\x45\xdf\xa3", kind: { type: "video", format: "matroska" } },
  { at: 8, bytes: "AVI ", kind: { type: "video", format: "avi" } },
  { at: 0, bytes: "FLV\x01", kind: { type: "video", format: "flv" } },
  { at: 0, bytes: "OggS", kind: { type: "video", format: "ogg" } },
  { at: 0, bytes: "\0\0\x01\xba", kind: { type: "video", format: "mpeg" } },
  { at: 0, bytes: "\x06\x0e\x2b\x34", kind: { type: "video", format: "mxf" } },
  { at: 0, bytes: "\x30\x26\xb2\x75\x8e\x66\xcf\x11", kind: { type: "video", format: "asf" } },
  { at: 0, bytes: "\x93NUMPY", kind: { type: "array", format: "npy" } },
  { at: 0, bytes: "PK\x03\x04", kind: { type: "array", format: "zip" } },
  { at: 0, bytes: "LASF", kind: { type: "points", format: "las" } },
  { at: 0, bytes: "# .PCD", kind: { type: "points", format: "pcd" } },
  { at: 0, bytes: "VERSION ", kind: { type: "points", format: "pcd" } },
  { at: 0, bytes: "ply\n", kind: { type: "points", format: "ply" } },
  { at: 0, bytes: "ply\r\n", kind: { type: "points", format: "ply" } },
];

const IMAGE_BRANDS: Readonly<Record<string, ImageFormat>> = {
  avif: "avif",
  avis: "avif",
  heic: "heic",
  heix: "heic",
  mif1: "heic",
  msf1: "heic",
};

const TS_PACKET = 188;
const TS_STAMP = 4;
const TEXT_SAMPLE = 4096;

function image(format: ImageFormat): MediaKind {
  return { type: "image", format };
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

/**
 * Tells what a file is from its first bytes; a few KiB are enough and its name plays no part.
 *
 * @param bytes The beginning of the file, best at least 4 KiB of it.
 * @returns The family and format; `unknown` for bytes that fit nothing (headerless points, say).
 *
 * @example
 * ```ts
 * import { sniff } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const kind = sniff(new TextEncoder().encode("just a note"));
 * assert.deepEqual(kind, { type: "text", format: "text" });
 * ```
 */
export function sniff(bytes: Uint8Array): MediaKind {
  if (bytes.length === 0) return { type: "unknown", format: "empty" };
  for (const { at, bytes: magic, kind } of SIGNATURES) {
    if (ascii(bytes, at, at + magic.length) !== magic) continue;
    if (magic === "BM" && !isBitmap(bytes)) continue;
    return kind;
  }
  if (["ftyp", "moov", "mdat", "wide"].includes(ascii(bytes, 4, 8))) return isoMedia(bytes);
  if (isTransportStream(bytes)) return { type: "video", format: "mpegts" };
  if (isSafetensors(bytes)) return { type: "checkpoint", format: "safetensors" };
  return isText(bytes) ? { type: "text", format: "text" } : { type: "unknown", format: "binary" };
}

/** Packets begin with 0x47, in files of cameras and discs after a time stamp of four bytes. */
function isTransportStream(bytes: Uint8Array): boolean {
  return [0, TS_STAMP].some((stamp) => {
    const next = stamp + TS_PACKET + stamp;
    return bytes[stamp] === 0x47 && bytes.length >= stamp + TS_PACKET &&
      (bytes.length <= next || bytes[next] === 0x47);
  });
}

function isoMedia(bytes: Uint8Array): MediaKind {
  if (ascii(bytes, 4, 8) !== "ftyp") return { type: "video", format: "mp4" };
  const end = Math.min(bytes.length, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
  const brands = [ascii(bytes, 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(ascii(bytes, at, at + 4));
  if (IMAGE_BRANDS[brands[0] ?? ""] === undefined) return { type: "video", format: "mp4" };
  return image(brands.some((brand) => IMAGE_BRANDS[brand] === "avif") ? "avif" : "heic");
}

/** A text that begins with "BM" is no bitmap: bytes 6 to 9 of one are zero. */
function isBitmap(bytes: Uint8Array): boolean {
  return bytes.length >= 26 && bytes.subarray(6, 10).every((byte) => byte === 0);
}

function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 10) return false;
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return bytes[8] === 0x7b && headerBytes >= 2n && headerBytes < 1n << 32n;
}

function isText(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, TEXT_SAMPLE);
  if (sample.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27))) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(sample, {
      stream: sample.length < bytes.length,
    });
    return true;
  } catch {
    return false;
  }
}
