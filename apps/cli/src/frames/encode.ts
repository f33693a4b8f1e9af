import { basename, extname } from "node:path";
import { encodeImage, type RgbFrame } from "@vicinity/media";
import type { Input } from "../inputs.ts";

/**
 * A picture as the bytes of a PNG file.
 *
 * @param picture The picture.
 * @returns The whole file.
 */
export async function encodePng({ width, height, data }: RgbFrame): Promise<Uint8Array> {
  return await encodeImage({ width, height, data, channels: 3, depth: 8 }, { format: "png" });
}

/**
 * A value as the bytes of a JSON file.
 *
 * @param value The value.
 * @returns The whole file.
 */
export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}

/**
 * What COCO's results call a picture: a number where its name is one, else the name.
 *
 * @param input The picture.
 * @returns `image_id`.
 */
export function imageId({ shown }: Input): number | string {
  const name = basename(shown);
  const stem = basename(name, extname(name));
  return /^\d+$/.test(stem) ? Number(stem) : name;
}
