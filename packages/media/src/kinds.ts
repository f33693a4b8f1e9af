import { extname } from "node:path";
import type { ImageFormat } from "./image_encode.ts";
import { sniff } from "./sniff.ts";

/** Endings of pictures that can be read. */
export const PICTURE_ENDINGS: readonly string[] = [
  "png",
  "jpg",
  "jpeg",
  "webp",
  "avif",
  "tif",
  "tiff",
  "gif",
];

/** Endings of videos that are looked for in folders; others can be named. */
export const VIDEO_ENDINGS: readonly string[] = [
  "mp4",
  "m4v",
  "mov",
  "mkv",
  "webm",
  "avi",
  "ts",
  "mts",
  "m2ts",
  "mpg",
  "mpeg",
  "flv",
  "ogv",
  "wmv",
  "asf",
  "mxf",
];

/** What an input is. */
export interface Kind {
  /** Which of the two ways it goes. */
  readonly type: "picture" | "video";
  /** Format by its first bytes, or by its ending when they say nothing. */
  readonly format: string;
}

/**
 * Tells pictures from videos by their first bytes; the ending decides what those leave open. Unknown bytes
 * whose ending is no picture's are left to ffmpeg, which knows far more kinds than are told here.
 *
 * @param path The file.
 * @param head Its first bytes.
 * @returns Its kind; damaged files go by their ending, so that their error fits.
 */
export function kindOf(path: string, head: Uint8Array): Kind {
  const { type, format } = sniff(head);
  if (type === "image") return { type: "picture", format };
  if (type === "video") return { type: "video", format };
  const ending = extname(path).slice(1).toLowerCase();
  const isVideo = VIDEO_ENDINGS.includes(ending) ||
    (format === "binary" && ending !== "" && !PICTURE_ENDINGS.includes(ending));
  return { type: isVideo ? "video" : "picture", format: ending };
}

/**
 * The container in which a video is written when the user names none.
 *
 * @param path The input.
 * @param format Its format.
 * @returns The input's own container where it can be written, else `mkv`, which holds most.
 */
export function containerEnding(path: string, format: string): string {
  const ending = extname(path).slice(1).toLowerCase();
  if (["mp4", "m4v", "mov", "mkv", "webm"].includes(ending)) return ending;
  return format === "mp4" ? "mp4" : "mkv";
}

const BY_ENDING: Readonly<Record<string, ImageFormat>> = {
  png: "png",
  jpg: "jpg",
  jpeg: "jpg",
  webp: "webp",
  avif: "avif",
  tif: "tiff",
  tiff: "tiff",
};

/**
 * The format that an ending or a format's name asks for.
 *
 * @param name Such as `jpeg`, without a dot.
 * @returns The format; undefined when pictures are not written so.
 */
export function pictureFormat(name: string): ImageFormat | undefined {
  return BY_ENDING[name.toLowerCase()];
}
