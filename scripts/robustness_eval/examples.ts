/** Held-out pictures, and what is known to be in them. */
import { basename, extname, join } from "node:path";
import { SafetensorsFile } from "@vicinity/checkpoint";
import { FileSource } from "@vicinity/checkpoint/deno";
import { CliError } from "@vicinity/cli";
import {
  decodeImage,
  type ImagePixels,
  PICTURE_ENDINGS,
  type RgbFrame,
  toRgb,
} from "@vicinity/media";
import { type ClassInfo, pillowResize } from "@vicinity/vision";
import type { Subject } from "./subjects.ts";

/** What follows the stem of a picture in the name of its label map, as `segment` writes it. */
const LABELS_ENDING = ".labels.png";
/** The number of pixels that do not count. */
const VOID = 0xffffffff;

/** A picture of a set, not read yet. */
export interface Example {
  /** Its name, from which its chance comes. */
  readonly name: string;
  /** Whether classes are given. */
  readonly labelled: boolean;
  /**
   * Reads it.
   *
   * @param side Larger pictures are reduced to this shorter side.
   * @returns The picture, and the classes where they are given.
   */
  read(side: number): Promise<{ picture: RgbFrame; truth: Uint32Array | undefined }>;
}

/**
 * Lists a set: a folder of pictures, or a file of grey pictures with classes (`pictures` u8
 * `[count, rows, columns]`, `labels` u8 `[count]`). Classes of pictures are the names of subfolders,
 * those of pixels are label maps beside the pictures, `a.labels.png` beside `a.jpg`.
 *
 * @param path The folder or file.
 * @param subject Whose classes they are.
 * @returns The pictures, by name.
 * @throws {CliError} `NO_INPUT` when there are none.
 */
export async function listExamples(path: string, subject: Subject): Promise<Example[]> {
  const examples = path.endsWith(".safetensors")
    ? await inFile(path, subject)
    : subject.task === "classify"
    ? await inClassFolders(path, subject)
    : await withLabelMaps(path, subject);
  if (examples.length > 0) return examples.sort((a, b) => a.name < b.name ? -1 : 1);
  throw new CliError("NO_INPUT", "there are no pictures", {
    file: path,
    hint: `give a folder with pictures (${PICTURE_ENDINGS.join(", ")})`,
  });
}

async function inFile(path: string, { task }: Subject): Promise<Example[]> {
  if (task !== "classify") {
    throw new CliError("USAGE", "a file of pictures has classes of pictures, not of pixels", {
      file: path,
      hint: "give a folder with pictures",
    });
  }
  using source = await FileSource.open(path);
  const file = await SafetensorsFile.open(source);
  const [count = 0, height = 0, width = 0] = file.find("pictures")?.shape ?? [];
  const [pixels, labels] = [await bytesOf(file, "pictures"), await bytesOf(file, "labels")];
  return Array.from({ length: count }, (_, index) => {
    const data = pixels.subarray(index * width * height, (index + 1) * width * height);
    const grey: ImagePixels = { width, height, channels: 1, depth: 8, data };
    return {
      name: `${basename(path)}/${String(index).padStart(6, "0")}`,
      labelled: labels.length > 0,
      read: (side) =>
        Promise.resolve({
          picture: reduced(toRgb(grey), side),
          truth: labels.length > 0 ? Uint32Array.of(labels[index] ?? VOID) : undefined,
        }),
    };
  });
}

async function bytesOf(file: SafetensorsFile, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.find(name)?.chunks() ?? []) chunks.push(chunk);
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

async function inClassFolders(folder: string, { classes }: Subject): Promise<Example[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const loose = entries.filter(({ isFile, name }) => isFile && isPicture(name))
    .map(({ name }) => pictureOf(folder, name, undefined));
  const named = entries.filter(({ isDirectory }) => isDirectory).map(async ({ name }) => {
    const id = classes.findIndex((one, index) => one.name === name || String(index) === name);
    if (id < 0) {
      throw new CliError("LABELS", `"${name}" is no class of the model`, {
        file: join(folder, name),
        hint: `name folders by classes: ${classes.slice(0, 10).map((one) => one.name).join(", ")}`,
      });
    }
    const inside = await Array.fromAsync(Deno.readDir(join(folder, name)));
    return inside.filter((entry) => entry.isFile && isPicture(entry.name))
      .map((entry) => pictureOf(folder, join(name, entry.name), id));
  });
  return [...loose, ...(await Promise.all(named)).flat()];
}

function isPicture(name: string): boolean {
  return PICTURE_ENDINGS.includes(extname(name).slice(1).toLowerCase());
}

function pictureOf(folder: string, name: string, id: number | undefined): Example {
  return {
    name,
    labelled: id !== undefined,
    read: async (side) => ({
      picture: reduced(await readPicture(join(folder, name)), side),
      truth: id === undefined ? undefined : Uint32Array.of(id),
    }),
  };
}

async function withLabelMaps(folder: string, { classes }: Subject): Promise<Example[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const names = new Set(entries.filter(({ isFile }) => isFile).map(({ name }) => name));
  return [...names].filter((name) => isPicture(name) && !name.endsWith(LABELS_ENDING))
    .map((name) => {
      const map = basename(name, extname(name)) + LABELS_ENDING;
      const labelled = names.has(map);
      return {
        name,
        labelled,
        read: async (side) => {
          const whole = await readPicture(join(folder, name));
          const picture = reduced(whole, side);
          if (!labelled) return { picture, truth: undefined };
          const labels = await readLabels(join(folder, map), whole, classes);
          return { picture, truth: labelsAt(labels, whole, picture) };
        },
      };
    });
}

async function readPicture(path: string): Promise<RgbFrame> {
  return toRgb(await decodeImage(await Deno.readFile(path), { colors: "stored" }));
}

/**
 * Brings a large picture to the size that the network works at, so that a corruption means the same
 * for pictures of all sizes.
 */
function reduced(picture: RgbFrame, side: number): RgbFrame {
  const { width, height } = picture;
  const share = side / Math.min(width, height);
  if (share >= 1) return picture;
  return pillowResize(picture, Math.round(width * share), Math.round(height * share));
}

/** Reads a label map: grey ones hold numbers of classes, painted ones the colours of classes. */
async function readLabels(
  path: string,
  { width, height }: RgbFrame,
  classes: readonly ClassInfo[],
): Promise<Uint32Array> {
  const image = await decodeImage(await Deno.readFile(path), { colors: "stored" });
  if (image.width !== width || image.height !== height) {
    throw new CliError(
      "LABELS",
      `the label map has ${image.width} x ${image.height} pixels, its picture ${width} x ${height}`,
      { file: path, hint: "give maps of the pictures' size" },
    );
  }
  if (image.channels === 1) return Uint32Array.from(image.data);
  const ids = new Map(classes.map(({ color }, id) => [color.join(), id]));
  const { data, channels } = image;
  return Uint32Array.from({ length: width * height }, (_, pixel) => {
    const at = pixel * channels;
    return ids.get(data.subarray(at, at + 3).join()) ?? VOID;
  });
}

/** The labels of the pixels that lie in the middle of a smaller picture's pixels. */
function labelsAt(labels: Uint32Array, from: RgbFrame, to: RgbFrame): Uint32Array {
  const near = (at: number, few: number, many: number) => Math.floor((at + 0.5) * many / few);
  return Uint32Array.from({ length: to.width * to.height }, (_, pixel) => {
    const row = near(Math.floor(pixel / to.width), to.height, from.height);
    return labels[row * from.width + near(pixel % to.width, to.width, from.width)] ?? VOID;
  });
}
