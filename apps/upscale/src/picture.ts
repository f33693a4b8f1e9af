import { basename, extname } from "node:path";
import {
  CliError,
  decodeInput,
  type ItemScope,
  type Job,
  type Progress,
  tellOfPages,
  VERSION,
  writeAtomic,
} from "@vicinity/cli";
import {
  type DecodedImage,
  encodeImage,
  type FrameDepth,
  type ImageFormat,
  type ImagePixels,
  keptDepth,
  pictureFormat,
  requireEncodable,
  type RgbFrame,
  type Samples,
} from "@vicinity/media";
import type { Engine, UpscaleContext } from "./engine.ts";
import { joinAlpha, splitAlpha } from "./planes.ts";
import { pillowResize } from "@vicinity/vision";
import { compare } from "./compare.ts";
import { type Result, resultsOf } from "./products.ts";
import { type TargetSize, targetSize } from "./target_size.ts";

type Values = UpscaleContext["values"];

/** A picture that is ready to be enlarged. */
export interface PreparedPicture {
  /** Tells it from a video. */
  readonly type: "picture";
  /** Its pixels. */
  readonly image: DecodedImage;
  /** The size of the result. */
  readonly size: TargetSize;
}

/**
 * Decodes a picture and decides what becomes of it.
 *
 * @param job The input and its results.
 * @param products What these show.
 * @param values The options.
 * @returns What {@link upscalePicture} needs.
 */
export async function preparePicture(
  job: Job,
  products: readonly string[],
  values: Values,
): Promise<PreparedPicture> {
  const [target = "-"] = job.targets;
  const format = target === "-" ? undefined : formatOf(target, values);
  const colors = holdsProfile(format ?? values.format, values) ? "stored" : "srgb";
  const image = await decodeInput(job.input, values, colors);
  const size = targetSize(image, values.size ?? { scale: values.scale });
  if (format !== undefined) {
    for (const { target, width } of resultsOf(products, job, size)) {
      requireEncodable({ ...size, width }, formatOf(target, values));
    }
  }
  return { type: "picture", image, size };
}

/** Whether the colour profile goes into the result; without it the colours become sRGB. */
function holdsProfile(format: Values["format"], values: Values): boolean {
  return values["keep-metadata"] && format !== "same";
}

/** Where the results of a picture go. */
export interface PictureTask {
  /** The results; perhaps none. */
  readonly results: readonly Result[];
  /** The options. */
  readonly values: Values;
  /** The name to show. */
  readonly shown: string;
  /** Shows how far it is. */
  readonly progress: Progress;
  /** Takes warnings, and stops the work. */
  readonly scope: ItemScope;
}

/** An enlarged picture. */
export interface EnlargedPicture {
  /** Bytes of memory that its results take until they are written. */
  readonly heldBytes: number;
  /** Writes them. */
  readonly write: () => Promise<void>;
}

/**
 * Enlarges a picture.
 *
 * @param engine The network.
 * @param picture The picture.
 * @param task Where to and how.
 * @returns What is to be written.
 */
export async function upscalePicture(
  engine: Engine,
  { image, size }: PreparedPicture,
  task: PictureTask,
): Promise<EnlargedPicture> {
  const { values, scope, results } = task;
  const [main] = results;
  const format = main === undefined ? "png" : formatOf(main.target, values);
  const depth = keptDepth(format, image.depth);
  warnOfLosses(image, { ...task, format, depth });
  const { color, alpha } = splitAlpha(image, depth);
  const kept = values.alpha === "drop" ? undefined : alpha;
  const planes = kept === undefined || values.alpha === "bicubic" ? [color] : [color, kept];
  const [enlarged = color, alphaByModel] = await enlargePlanes(engine, planes, size, task);
  const enlargedAlpha = kept && (alphaByModel ?? pillowResize(kept, size.width, size.height));
  const pixels = joinAlpha(enlarged, enlargedAlpha, image.channels === 1);
  scope.signal.throwIfAborted();
  const pictures = results.map((result) => ({
    ...result,
    pixels: result.product === "compare"
      ? { ...compare(color, enlarged), channels: 3, depth } as const
      : pixels,
  }));
  const metadata = values["keep-metadata"] ? image.metadata : undefined;
  const software = await settingsInWords(engine, size, values);
  return {
    heldBytes: pictures.reduce((sum, { pixels }) => sum + pixels.data.byteLength, 0),
    write: () => writeAll(pictures, { ...task, software, metadata }),
  };
}

/** What is written into the file of a picture beside its pixels. */
interface PictureText {
  readonly software: string;
  readonly metadata: DecodedImage["metadata"] | undefined;
}

/** Writes the results of a picture, and shows how many there are. */
async function writeAll(
  pictures: readonly (Result & { readonly pixels: ImagePixels })[],
  { values, software, metadata, progress, shown }: PictureTask & PictureText,
): Promise<void> {
  for (const [index, { target, pixels }] of pictures.entries()) {
    await write(target, formatOf(target, values), pixels, { values, software, metadata });
    const place = { done: index + 1, total: pictures.length, unit: "result" };
    progress.report({ phase: "write", ...place, item: shown });
  }
}

/** What made a picture, for those who find it later. */
async function settingsInWords(
  engine: Engine,
  { factor }: TargetSize,
  { mode, seed, model, weights }: Values,
): Promise<string> {
  // A path would tell those who get the picture of folders that are not theirs.
  const name = model ?? (weights && basename(weights)) ?? (await engine.identify()).id;
  return `vicinity ${VERSION} upscale, model ${name}, x${factor}, ${mode}, seed ${seed}`;
}

/** Enlarges the planes of a picture one after the other, and shows how many pixels are done. */
async function enlargePlanes(
  engine: Engine,
  planes: readonly RgbFrame<Samples>[],
  size: TargetSize,
  { progress, shown: item, scope: { signal } }: PictureTask,
): Promise<readonly RgbFrame<Samples>[]> {
  const pixels = size.width * size.height;
  const total = pixels * planes.length;
  const enlarged: RgbFrame<Samples>[] = [];
  const onShare = (share: number) => {
    const done = Math.round((enlarged.length + share) * pixels);
    progress.report({ phase: "run", done, total, unit: "pixel", item });
  };
  for (const plane of planes) {
    onShare(0);
    const { width, height } = plane;
    const frames = engine.upscale([plane], { width, height, frames: 1 }, size, { signal, onShare });
    enlarged.push(...await Array.fromAsync(frames));
  }
  return enlarged;
}

async function write(
  path: string,
  format: ImageFormat,
  pixels: ImagePixels,
  { values, software, metadata }: PictureText & Pick<PictureTask, "values">,
): Promise<void> {
  const { quality, background } = values;
  const bytes = await encodeImage(pixels, {
    format,
    background,
    ...(quality === undefined ? {} : { quality }),
    ...(metadata === undefined ? {} : { metadata }),
    text: { Software: software },
  });
  await writeAtomic(path, bytes);
}

/** The format of a result by its name, which was made from `--format` unless the user gave it. */
function formatOf(target: string, values: Values): ImageFormat {
  const format = pictureFormat(extname(target).slice(1));
  const wanted = values.format === "auto" || values.format === "same" ? format : values.format;
  if (format !== undefined && format === wanted) return format;
  throw new CliError("IMAGE_ENCODE", "this name does not fit the format of the picture", {
    file: target,
    hint: `choose a name that ends in ${wanted ?? "png, jpg, webp, avif or tiff"}`,
  });
}

function warnOfLosses(
  image: DecodedImage,
  { results, scope, values, format, depth }: PictureTask & {
    readonly format: ImageFormat;
    readonly depth: FrameDepth;
  },
): void {
  if (depth < image.depth) {
    const message = `${image.depth} bits a sample became ${depth}: ${format} has no more`;
    scope.warn({ code: "DEPTH", message });
  }
  tellOfPages(image, scope.warn);
  const formats = results.map(({ product, target }) => ({
    product,
    format: formatOf(target, values),
  }));
  const { exif } = image.metadata;
  if (values["keep-metadata"] && exif && formats.some(({ format }) => format === "tiff")) {
    scope.warn({ code: "METADATA", message: "EXIF was left out: tiff files get none" });
  }
  const loses = formats.some(({ product, format }) => product === "result" && format === "jpg");
  if (image.channels === 4 && values.alpha !== "drop" && loses) {
    scope.warn({ code: "ALPHA", message: "jpg has no transparency: it was put on --background" });
  }
}
