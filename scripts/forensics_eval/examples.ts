/** Pictures and clips with masks of what was manipulated in them. */
import { basename, extname, join } from "node:path";
import { decodeImage, PICTURE_ENDINGS, type RgbFrame, toRgb } from "@vicinity/media";
import * as v from "valibot";

/** What follows the stem of a picture in the name of its mask. */
const MASK_ENDINGS = ["_mask.png", "-mask.png", "_gt.png", "-gt.png", ".mask.png", "_mask.jpg"];
/** Grey values above it are inside. */
const HALF = 127;
/** The kind of pictures in which nothing was manipulated. */
export const UNTOUCHED = "untouched";

/** A picture or clip of an evaluation set. */
export interface Example {
  /** Its file. */
  readonly file: string;
  /** Its mask, or of a clip all masks below each other; none when nothing was manipulated. */
  readonly mask: string | undefined;
  /** Whether it is a clip. */
  readonly moving: boolean;
  /** What was done to it. */
  readonly kind: string;
  /** The photograph that it was made from; itself where that is not known. */
  readonly photograph: string;
}

/** An entry of `manifest.json`. */
const ENTRY = v.object({
  file: v.string(),
  mask: v.exactOptional(v.string()),
  masks: v.exactOptional(v.string()),
  kind: v.exactOptional(v.string()),
  photograph: v.exactOptional(v.string()),
  background: v.exactOptional(v.string()),
});

/**
 * Lists an evaluation set.
 *
 * @param folder With a `manifest.json`, or pictures whose masks lie beside them.
 * @param masks A folder with the masks, named as the pictures or with `_mask` or `_gt` behind that.
 * @returns Its examples.
 */
export async function listExamples(folder: string, masks = folder): Promise<Example[]> {
  const names = new Set((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name));
  if (names.has("manifest.json")) return await listed(folder);
  const others = masks === folder
    ? names
    : new Set((await Array.fromAsync(Deno.readDir(masks))).map(({ name }) => name));
  const isMask = (name: string) =>
    masks === folder && MASK_ENDINGS.some((ending) => name.endsWith(ending));
  return [...names].sort()
    .filter((name) => PICTURE_ENDINGS.includes(extname(name).slice(1).toLowerCase()))
    .filter((name) => !isMask(name))
    .map((name) => {
      const stem = basename(name, extname(name));
      const own = masks === folder ? [] : [name, `${stem}.png`, `${stem}.jpg`];
      const mask = [...MASK_ENDINGS.map((ending) => stem + ending), ...own]
        .find((candidate) => others.has(candidate));
      return {
        file: join(folder, name),
        mask: mask === undefined ? undefined : join(masks, mask),
        moving: false,
        kind: mask === undefined ? UNTOUCHED : "manipulated",
        photograph: name,
      };
    });
}

async function listed(folder: string): Promise<Example[]> {
  const path = join(folder, "manifest.json");
  const entries = v.parse(v.array(ENTRY), JSON.parse(await Deno.readTextFile(path)));
  return entries.map(({ file, mask, masks, kind = "manipulated", photograph, background }) => {
    const named = mask ?? masks;
    return {
      file: join(folder, file),
      mask: named === undefined ? undefined : join(folder, named),
      moving: masks !== undefined,
      kind,
      photograph: photograph ?? background ?? file,
    };
  });
}

/**
 * Reads a picture.
 *
 * @param path Its file.
 * @returns Its stored colours.
 */
export async function readPicture(path: string): Promise<RgbFrame> {
  return toRgb(await decodeImage(await Deno.readFile(path), { colors: "stored" }));
}

/**
 * Reads the mask of an example.
 *
 * @param example The example.
 * @param size Columns and rows of its picture; a clip's masks have as many columns.
 * @returns One byte a pixel, 1 inside; of a clip for all frames.
 * @throws {Error} If the mask has another size.
 */
export async function readMask(
  { mask, moving }: Example,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  if (mask === undefined) return new Uint8Array(width * height);
  const image = await decodeImage(await Deno.readFile(mask));
  const fits = image.width === width &&
    (moving ? image.height % height === 0 : image.height === height);
  if (!fits) {
    throw new Error(
      `Cannot compare with ${mask}: it is ${image.width} x ${image.height}, the picture ` +
        `${width} x ${height}. Give masks of the pictures' size.`,
    );
  }
  return Uint8Array.from(
    { length: image.width * image.height },
    (_, pixel) => (image.data[pixel * image.channels] ?? 0) > HALF ? 1 : 0,
  );
}
