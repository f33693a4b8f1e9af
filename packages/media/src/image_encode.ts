import type { Sharp } from "sharp";
import type { Color } from "./draw.ts";
import { ImageEncodeError } from "./errors.ts";
import { uprightExif } from "./exif.ts";
import { type ImageBlocks, withJpegBlocks, withPngBlocks, withWebpBlocks } from "./image_chunks.ts";
import { type ImageMetadata, type ImagePixels, loadSharp } from "./image_decode.ts";
import { withTiffTags } from "./tiff_tags.ts";

/** The formats that pictures are written in. */
export type ImageFormat = "png" | "jpg" | "webp" | "avif" | "tiff";

/** How to write a picture. */
export interface EncodeImageOptions {
  /** The format; `png` and `tiff` keep 16 bits. */
  format: ImageFormat;
  /** 1 to 100 for the lossy formats; 95 for jpg and webp, 80 for avif by default. */
  quality?: number;
  /** What shows through transparent parts of a jpg, RGB; white by default. */
  background?: Color;
  /** EXIF, XMP, profile and density to carry over; the orientation becomes 1. */
  metadata?: ImageMetadata;
  /**
   * Texts by keyword: PNG texts, JPEG comments. TIFF takes `Software` alone, and so does the EXIF of JPEG,
   * WebP and AVIF where none is carried over.
   */
  text?: Record<string, string>;
}

const MAX_SIDE: Readonly<Record<ImageFormat, number>> = {
  png: 2 ** 31 - 1,
  jpg: 65500,
  webp: 16383,
  avif: 16384,
  tiff: 2 ** 31 - 1,
};

const SIXTEEN_BITS: readonly ImageFormat[] = ["png", "tiff"];
const NAMES_SOFTWARE_IN_EXIF: readonly ImageFormat[] = ["jpg", "webp", "avif"];

/**
 * Tells how many bits a format keeps of each sample.
 *
 * @param format The format.
 * @param depth Bits of the picture's samples.
 * @returns As many, or 8.
 *
 * @example
 * ```ts
 * import { keptDepth } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([keptDepth("png", 16), keptDepth("jpg", 16)], [16, 8]);
 * ```
 */
export function keptDepth(format: ImageFormat, depth: 8 | 16): 8 | 16 {
  return SIXTEEN_BITS.includes(format) ? depth : 8;
}

/**
 * Encodes pixels to the bytes of a picture file.
 *
 * @param image The pixels.
 * @param options Format, quality, metadata. TIFF files get no EXIF.
 * @returns The whole file.
 * @throws {ImageEncodeError} When the samples do not match the size or the format is too small.
 *
 * @example
 * ```ts
 * import { encodeImage, sniff } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const red = Uint8Array.of(255, 0, 0);
 * const image = { width: 1, height: 1, channels: 3, depth: 8, data: red } as const;
 * assert.equal(sniff(await encodeImage(image, { format: "jpg" })).format, "jpeg");
 * ```
 */
export async function encodeImage(
  image: ImagePixels,
  options: EncodeImageOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { format, quality, background = [255, 255, 255], metadata, text } = options;
  requireSamples(image);
  requireEncodable(image, format);
  const sharp = await loadSharp();
  const { width, height, channels } = image;
  const keeps16 = keptDepth(format, image.depth) === 16;
  const data = keeps16 ? image.data : eightBits(image);
  let pipeline = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  if (keeps16) pipeline = pipeline.toColourspace(channels === 1 ? "grey16" : "rgb16");
  else if (channels === 1) pipeline = pipeline.toColourspace("b-w");
  if (channels === 4 && format === "jpg") {
    const [r, g, b] = background;
    pipeline = pipeline.flatten({ background: { r, g, b } });
  }
  if (metadata?.density !== undefined) {
    pipeline = pipeline.withDensity(metadata.density);
  }
  const exif = metadata?.exif && uprightExif(metadata.exif, { width, height });
  const software = text?.["Software"];
  if (software !== undefined && NAMES_SOFTWARE_IN_EXIF.includes(format) && !exif) {
    pipeline = pipeline.withExif({ IFD0: { Software: software } });
  }
  const blocks: ImageBlocks = {
    ...(exif ? { exif } : {}),
    ...(metadata?.icc ? { icc: metadata.icc } : {}),
    ...(metadata?.xmp ? { xmp: metadata.xmp } : {}),
    ...(text ? { text } : {}),
  };
  switch (format) {
    case "png":
      return withPngBlocks(await pipeline.png({ compressionLevel: 6 }).toBuffer(), blocks);
    case "jpg": {
      const settings = { quality: quality ?? 95, chromaSubsampling: "4:4:4" };
      return withJpegBlocks(await pipeline.jpeg(settings).toBuffer(), blocks);
    }
    case "webp": {
      const file = await pipeline.webp({ quality: quality ?? 95 }).toBuffer();
      return withWebpBlocks(file, blocks, { width, height, alpha: channels === 4 });
    }
    case "tiff": {
      const settings = { compression: "deflate", predictor: "horizontal" } as const;
      return withTiffTags(await pipeline.tiff(settings).toBuffer(), blocks);
    }
    case "avif":
      return await encodeAvif(pipeline, blocks, quality ?? 80);
  }
}

/**
 * The library writes into AVIF what is beside the pixels in the file that it reads: where there is
 * something, that is a PNG which is not compressed.
 */
async function encodeAvif(
  pipeline: Sharp,
  { exif, icc, xmp }: ImageBlocks,
  quality: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!exif && !icc && !xmp) return new Uint8Array(await pipeline.avif({ quality }).toBuffer());
  const carrier = withPngBlocks(await pipeline.png({ compressionLevel: 0 }).toBuffer(), {
    ...(exif ? { exif } : {}),
    ...(icc ? { icc } : {}),
    ...(xmp ? { xmp } : {}),
  });
  const sharp = await loadSharp();
  const carried = sharp(carrier, { limitInputPixels: false }).keepExif().keepXmp().keepIccProfile();
  return new Uint8Array(await carried.avif({ quality }).toBuffer());
}

function requireSamples(image: ImagePixels): void {
  const { width, height, channels, data } = image;
  if (data.length !== width * height * channels || data.length === 0) {
    throw new ImageEncodeError(
      `Cannot encode the image: ${data.length} samples for ${width} x ${height} x ${channels}.`,
      "Give width x height x channels samples.",
    );
  }
}

/**
 * Finds out before the work whether a format can hold a picture.
 *
 * @param size The picture's size.
 * @param format The format.
 * @throws {ImageEncodeError} When a side is too long for the format.
 *
 * @example
 * ```ts
 * import { requireEncodable } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * requireEncodable({ width: 20_000, height: 10 }, "png");
 * assert.throws(() => requireEncodable({ width: 20_000, height: 10 }, "webp"), /over the webp limit/);
 * ```
 */
export function requireEncodable(
  { width, height }: Pick<ImagePixels, "width" | "height">,
  format: ImageFormat,
): void {
  const limit = MAX_SIDE[format];
  if (Math.max(width, height) > limit) {
    throw new ImageEncodeError(
      `Cannot encode the image: ${width} x ${height} is over the ${format} limit of ${limit}.`,
      "Choose png.",
    );
  }
}

function eightBits(image: ImagePixels): Uint8Array {
  if (image.depth === 8 && image.data instanceof Uint8Array) return image.data;
  return Uint8Array.from(image.data, (sample) => Math.round(sample / 257));
}
