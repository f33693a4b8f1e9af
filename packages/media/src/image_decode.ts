import type Sharp from "sharp";
import { ImageCodecError, ImageTooLargeError, ImageTruncatedError } from "./errors.ts";
import { InputEmptyError, NotAnImageError } from "./errors.ts";
import { sniff } from "./sniff.ts";

/** Pixels without what surrounds them. */
export interface ImagePixels {
  /** Width in pixels. */
  width: number;
  /** Height in pixels. */
  height: number;
  /** 1 grey, 3 RGB, 4 RGB and straight alpha. */
  channels: 1 | 3 | 4;
  /** Bits of one sample. */
  depth: 8 | 16;
  /** Samples, [height, width, channels]; Uint16Array where the depth is 16. */
  data: Uint8Array | Uint16Array;
}

/** What a picture file says beside its pixels. */
export interface ImageMetadata {
  /** Format of the file, for example `jpeg`. */
  format: string;
  /** Pictures in the file: more than 1 for animations and multi-page files. */
  pages: number;
  /** EXIF orientation of the file, 1 to 8; the pixels are upright already. */
  orientation: number;
  /** Dots per inch, where known. */
  density?: number;
  /** EXIF as found. */
  exif?: Uint8Array;
  /** XMP as found. */
  xmp?: Uint8Array;
  /** The profile that the pixels need; absent when they are sRGB. */
  icc?: Uint8Array;
}

/** A picture, upright. */
export interface DecodedImage extends ImagePixels {
  /** What the file says beside the pixels. */
  metadata: ImageMetadata;
}

/** Limits and choices of decoding. */
export interface DecodeImageOptions {
  /** Largest allowed width times height; 268402689 by default. */
  maxPixels?: number;
  /** Decodes what is there of a file that ends too early. */
  allowTruncated?: boolean;
  /**
   * `srgb` converts by the embedded profile; `stored` keeps the stored numbers and the profile,
   * as most vision models were trained on. CMYK has no such numbers and is always converted.
   */
  colors?: "srgb" | "stored";
}

const MAX_PIXELS = 268_402_689;

/**
 * Loads the picture library on first use, so that programs which never touch a picture need no
 * permission for native code.
 *
 * @returns The library.
 */
export async function loadSharp(): Promise<typeof Sharp> {
  try {
    return (await import("sharp")).default;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new ImageCodecError(
      `Cannot load the picture library: ${reason}.`,
      "Allow native code with --allow-ffi.",
    );
  }
}

/**
 * Tells the size of a picture, and the bits of its samples, without decoding its pixels.
 *
 * @param bytes The whole file.
 * @param options Limits.
 * @returns Columns and rows of the upright picture, and its depth.
 * @throws {InputEmptyError} {@link NotAnImageError} {@link ImageCodecError}
 * {@link ImageTooLargeError} {@link ImageTruncatedError}
 *
 * @example
 * ```ts
 * import { encodeImage, imageSize } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const grey = { width: 2, height: 1, channels: 1, depth: 8, data: Uint8Array.of(0, 255) } as const;
 * const size = await imageSize(await encodeImage(grey, { format: "png" }));
 * assert.deepEqual(size, { width: 2, height: 1, depth: 8 });
 * ```
 */
export async function imageSize(
  bytes: Uint8Array,
  options: Pick<DecodeImageOptions, "maxPixels"> = {},
): Promise<Pick<ImagePixels, "width" | "height" | "depth">> {
  requireImage(bytes);
  const sharp = await loadSharp();
  try {
    const found = await sharp(bytes, { autoOrient: true, limitInputPixels: false }).metadata();
    requireAllowed(found.autoOrient, options.maxPixels);
    const { width, height } = found.autoOrient;
    return { width, height, depth: depthOf(found) };
  } catch (error) {
    throw explained(error, bytes);
  }
}

/**
 * Decodes JPEG, PNG, WebP, GIF, TIFF or AVIF; of several pictures in a file, the first.
 *
 * @param bytes The whole file.
 * @param options Limits.
 * @returns Upright pixels: grey stays grey, CMYK and palettes become RGB, 16 bits stay 16 bits.
 * @throws {InputEmptyError} {@link NotAnImageError} {@link ImageCodecError}
 * {@link ImageTooLargeError} {@link ImageTruncatedError}
 *
 * @example
 * ```ts
 * import { decodeImage, encodeImage } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const grey = { width: 2, height: 1, channels: 1, depth: 8, data: Uint8Array.of(0, 255) } as const;
 * const file = await encodeImage(grey, { format: "png" });
 * assert.deepEqual((await decodeImage(file)).data, grey.data);
 * ```
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: DecodeImageOptions = {},
): Promise<DecodedImage> {
  requireImage(bytes);
  const { maxPixels, allowTruncated = false, colors = "srgb" } = options;
  const sharp = await loadSharp();
  const settings = {
    autoOrient: true,
    failOn: allowTruncated ? "none" as const : "truncated" as const,
    limitInputPixels: false,
  };
  try {
    const found = await sharp(bytes, settings).metadata();
    const keepsProfile = colors === "stored" && found.space !== "cmyk";
    requireAllowed(found.autoOrient, maxPixels);
    const isGrey = found.space === "b-w" || found.space === "grey16";
    const depth = depthOf(found);
    const grey = isGrey && !found.hasAlpha;
    const space = grey ? (depth === 16 ? "grey16" : "b-w") : depth === 16 ? "rgb16" : "srgb";
    const { data, info } = await sharp(bytes, { ...settings, ignoreIcc: keepsProfile })
      .toColourspace(space)
      .raw({ depth: depth === 16 ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
    return {
      width: info.width,
      height: info.height,
      channels: info.channels === 1 || info.channels === 4 ? info.channels : 3,
      depth,
      data: depth === 16
        ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2).slice()
        : new Uint8Array(data),
      metadata: {
        format: found.format,
        pages: found.pages ?? 1,
        orientation: found.orientation ?? 1,
        ...(found.density === undefined ? {} : { density: found.density }),
        ...(found.exif === undefined ? {} : { exif: new Uint8Array(found.exif) }),
        ...(found.xmp === undefined ? {} : { xmp: new Uint8Array(found.xmp) }),
        ...(keepsProfile && found.icc !== undefined ? { icc: new Uint8Array(found.icc) } : {}),
      },
    };
  } catch (error) {
    throw explained(error, bytes);
  }
}

function depthOf({ depth }: { readonly depth?: string }): ImagePixels["depth"] {
  return depth === "ushort" ? 16 : 8;
}

function requireImage(bytes: Uint8Array): void {
  if (bytes.length === 0) {
    throw new InputEmptyError(
      "Cannot decode the image: file is empty (0 bytes).",
      "Check that it was copied completely.",
    );
  }
  const kind = sniff(bytes);
  if (kind.type === "image") return;
  const start = bytes.subarray(0, 16);
  const shown = kind.type === "text"
    ? JSON.stringify(new TextDecoder().decode(start))
    : [...start].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const looks = kind.type === "unknown" ? "unknown bytes" : kind.format;
  throw new NotAnImageError(
    `Cannot decode the image: it looks like ${looks} (begins with ${shown}).`,
    "Give a JPEG, PNG, WebP, GIF, TIFF or AVIF file.",
  );
}

function requireAllowed(
  { width, height }: { width: number; height: number },
  maxPixels = MAX_PIXELS,
): void {
  if (width * height <= maxPixels) return;
  const [have, limit] = [(width * height) / 1e6, maxPixels / 1e6];
  throw new ImageTooLargeError(
    `Cannot decode the image: ${width} x ${height} = ${short(have)} MP exceeds the limit of ` +
      `${short(limit)} MP.`,
    "Raise the limit (maxPixels) if the file is trusted.",
  );
}

function explained(error: unknown, bytes: Uint8Array): unknown {
  if (!(error instanceof Error) || error instanceof ImageTooLargeError) return error;
  const reason = error.message.trim().split("\n").at(-1) ?? "";
  const { format } = sniff(bytes);
  if (/unsupported image format|has not been built in|no decoder/i.test(error.message)) {
    const name = format === "heic" ? "HEIC (HEVC)" : format.toUpperCase();
    const unknown = ["heic", "bmp"].includes(format);
    if (unknown) {
      return new ImageCodecError(
        `Cannot decode the image: ${name} is not supported by this build.`,
        `Convert it to JPEG, PNG or AVIF first${format === "heic" ? " (heif-convert)" : ""}.`,
      );
    }
  }
  return new ImageTruncatedError(
    `Cannot decode the image: the ${format} file is cut off or damaged (${reason}).`,
    "Copy it again, or allow truncated files to decode what is there.",
  );
}

function short(megapixels: number): string {
  return megapixels >= 10 ? `${Math.round(megapixels)}` : megapixels.toPrecision(2);
}
