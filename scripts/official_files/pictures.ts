/** Pictures that the commands are given, and what is read of their answers. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SafetensorsFile } from "@vicinity/checkpoint";
import { FileSource } from "@vicinity/checkpoint/deno";
import { decodeImage, encodeImage, type RgbFrame, toRgb } from "@vicinity/media";
import { pillowResize } from "@vicinity/vision";

const STORED = new URL(
  "../../fixtures/official/real_upernet_dinat_mini_512.safetensors",
  import.meta.url,
);
const PHOTOGRAPH = new URL("../../fixtures/pictures/kingfisher.jpg", import.meta.url);
/** Detectors of COCO enlarge it no further, and see 800 × 1344 pixels with the zeros behind it. */
const WIDE = { width: 1333, height: 800 };

/** A picture and the class of each of its pixels by the authors' code. */
export interface StoredCase {
  readonly png: Uint8Array;
  readonly labels: Uint8Array;
}

async function bytesOf(file: SafetensorsFile, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of file.find(name)?.chunks() ?? []) parts.push(chunk);
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

async function pngOf({ width, height, data }: RgbFrame): Promise<Uint8Array> {
  return await encodeImage({ width, height, channels: 3, depth: 8, data }, { format: "png" });
}

/**
 * Reads the stored picture.
 *
 * @returns The picture as PNG, and its labels.
 */
export async function storedCase(): Promise<StoredCase> {
  using source = await FileSource.open(STORED);
  const file = await SafetensorsFile.open(source);
  const bgr = await bytesOf(file, "input.image_bgr_u8");
  const [height = 0, width = 0] = file.find("input.image_bgr_u8")?.shape ?? [];
  const data = bgr.map((_, at) => bgr[at - at % 3 + 2 - at % 3] ?? 0);
  return { png: await pngOf({ width, height, data }), labels: await bytesOf(file, "output.seg") };
}

/**
 * Reads a photograph at the size that detectors of COCO work at.
 *
 * @returns Its pixels.
 */
export async function widePhotograph(): Promise<RgbFrame> {
  const photograph = toRgb(await decodeImage(await Deno.readFile(PHOTOGRAPH)));
  return pillowResize(photograph, WIDE.width, WIDE.height);
}

/**
 * Writes the pictures: `photo.png`, whose labels are stored, and `wide.png`, a photograph.
 *
 * @param folder Where to.
 * @param stored The stored case.
 */
export async function writePictures(folder: string, { png }: StoredCase): Promise<void> {
  await Deno.writeFile(join(folder, "photo.png"), png);
  await Deno.writeFile(join(folder, "wide.png"), await pngOf(await widePhotograph()));
}

/** What the commands say of a picture with `--json`. */
interface Printed {
  readonly input: { readonly width: number; readonly height: number };
  readonly result: {
    readonly classes: readonly { readonly name: string; readonly pixels: number }[];
    readonly detections: readonly {
      readonly className: string;
      readonly score: number;
      readonly box: readonly number[];
    }[];
  };
}

/**
 * Reads what `classify --json` printed.
 *
 * @param printed The text.
 * @param count How many classes it has to name.
 * @returns The likeliest one in words.
 */
export function topClasses(printed: string, count: number): string {
  const { result: { classes } } = JSON.parse(printed) as Printed;
  assert.equal(classes.length, count);
  return `likeliest is ${classes[0]?.name}`;
}

/**
 * Reads what `segment --json` printed.
 *
 * @param printed The text.
 * @returns How many classes it shows; their pixels are all of the picture.
 */
export function classShares(printed: string): string {
  const { input, result: { classes } } = JSON.parse(printed) as Printed;
  const pixels = classes.reduce((sum, { pixels }) => sum + pixels, 0);
  assert.equal(pixels, input.width * input.height);
  return `${classes.length} classes, most of it ${classes[0]?.name}`;
}

/**
 * Reads what `detect --json` printed.
 *
 * @param printed The text.
 * @param most How many things there may be.
 * @returns How many there are; their boxes lie in the picture, the surest first.
 */
export function foundThings(printed: string, most: number): string {
  const { input: { width, height }, result: { detections } } = JSON.parse(printed) as Printed;
  assert.ok(detections.length > 0 && detections.length <= most, `${detections.length} things`);
  detections.forEach(({ box: [left = NaN, top = NaN, right = NaN, bottom = NaN], score }, at) => {
    assert.ok(0 <= left && left <= right && right <= width, `box ${at}`);
    assert.ok(0 <= top && top <= bottom && bottom <= height, `box ${at}`);
    assert.ok(score <= (detections[at - 1]?.score ?? 1), `score ${at}`);
  });
  const [first] = detections;
  return `${detections.length} things, first ${first?.className} ${first?.score.toFixed(3)}`;
}
