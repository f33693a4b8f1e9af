import { basename, extname } from "node:path";
import { type ItemScope, type Job, readInput, writeAtomic } from "@vicinity/cli";
import type { Segmenter } from "@vicinity/dinat";
import {
  addLegend,
  type DecodedImage,
  decodeImage,
  encodeImage,
  encodeLabelPng,
  encodeNpy,
  overlayClasses,
  type RgbFrame,
  toRgb,
} from "@vicinity/media";
import type { SegmentResult } from "@vicinity/vision";
import type { SegmentContext } from "./command.ts";
import { lookOptions } from "./look_options.ts";
import { cocoResults, outlines } from "./masks.ts";
import type { Product } from "./products.ts";
import { ClassCounter, type ClassShare, hideOthers, type ShownClasses } from "./shown_classes.ts";

type Values = SegmentContext["values"];

/** A picture that is ready to be segmented. */
export interface PreparedPicture {
  /** Tells it from a video. */
  readonly type: "picture";
  /** Its pixels. */
  readonly image: DecodedImage;
  /** What is made of it, in the order of the job's targets. */
  readonly products: readonly Product[];
}

/** What the JSON says of an input. */
export type SegmentFinding = {
  /** Frames of a video. */
  readonly frames?: number;
  /** Classes that are there, the largest first. */
  readonly classes: readonly ClassShare[];
};

/** What the work on an input needs. */
export interface SegmentTask {
  /** The input and its results. */
  readonly job: Job;
  /** The model. */
  readonly segmenter: Segmenter;
  /** Which classes are shown. */
  readonly shown: ShownClasses;
  /** The options. */
  readonly values: Values;
  /** Takes warnings, and stops the work. */
  readonly scope: ItemScope;
}

/**
 * Decodes a picture.
 *
 * @param job The input.
 * @param products What is made of it.
 * @param values The options.
 * @returns What {@link segmentPicture} needs.
 */
export async function preparePicture(
  job: Job,
  products: readonly Product[],
  values: Values,
): Promise<PreparedPicture> {
  // The networks were trained on the numbers that files store, whatever their profile.
  const options = { maxPixels: values["max-pixels"], colors: "stored" } as const;
  return {
    type: "picture",
    image: await decodeImage(await readInput(job.input), options),
    products,
  };
}

/**
 * Segments a picture and writes the results.
 *
 * @param picture The picture.
 * @param task With what, where to and how.
 * @returns What the JSON says of it.
 */
export async function segmentPicture(
  { image, products }: PreparedPicture,
  task: SegmentTask,
): Promise<SegmentFinding> {
  const { segmenter, shown, values, scope, job } = task;
  if (image.metadata.pages > 1) {
    const message = `only the first of ${image.metadata.pages} pictures is used`;
    scope.warn({ code: "ANIMATION", message });
  }
  const picture = toRgb(image);
  const found = await segmenter.run(picture, {
    ...lookOptions(values, segmenter),
    probabilities: products.includes("probs"),
    signal: scope.signal,
  });
  const labels = hideOthers(found.labels, shown);
  const made = { picture, found, labels };
  for (const [index, product] of products.entries()) {
    const target = job.targets[index];
    if (product === "json" || target === undefined) continue;
    scope.signal.throwIfAborted();
    await writeAtomic(target, await encode(product, made, task));
  }
  const counter = new ClassCounter(shown);
  counter.add(labels);
  return { classes: counter.shares };
}

interface Made {
  readonly picture: RgbFrame;
  readonly found: SegmentResult;
  readonly labels: Uint32Array;
}

async function encode(
  product: Exclude<Product, "json">,
  { picture, found, labels }: Made,
  { shown, values, job, segmenter }: SegmentTask,
): Promise<Uint8Array> {
  const { width, height } = picture;
  const { classes, nothing } = shown;
  switch (product) {
    case "overlay": {
      const { opacity, legend } = values;
      const painted = overlayClasses(picture, labels, classes, { opacity, void: nothing });
      return await encodePng(legend ? addLegend(painted, present(labels, shown)) : painted);
    }
    case "color": {
      const black = { width, height, data: new Uint8Array(width * height * 3) };
      return await encodePng(flatColors(black, labels, shown));
    }
    case "labels":
      return encodeLabelPng({ width, height, labels }, classes.map(({ color }) => color));
    case "rle":
      return json(cocoResults(found, labels, shown, imageId(job)));
    case "polygons":
      return json(outlines({ width, height, labels }, shown));
    case "probs": {
      const values = found.probabilities ?? new Float32Array();
      return encodeNpy(values, [segmenter.classes.length, height, width]);
    }
  }
}

/**
 * The colours of the classes alone.
 *
 * @param under What pixels without a class show.
 * @param labels The class of each pixel.
 * @param shown The classes.
 * @returns A new picture.
 */
export function flatColors(under: RgbFrame, labels: Uint32Array, shown: ShownClasses): RgbFrame {
  const data = new Uint8Array(under.data);
  for (const [pixel, label] of labels.entries()) {
    const color = shown.classes[label]?.color;
    if (color !== undefined) data.set(color, pixel * 3);
  }
  return { ...under, data };
}

function present(labels: Uint32Array, shown: ShownClasses) {
  const counter = new ClassCounter(shown);
  counter.add(labels);
  return counter.shares.flatMap(({ id }) => shown.classes[id] ?? []);
}

async function encodePng({ width, height, data }: RgbFrame): Promise<Uint8Array> {
  return await encodeImage({ width, height, data, channels: 3, depth: 8 }, { format: "png" });
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}

/** COCO's images have numbers: the stem where it is one, else the name. */
function imageId({ input }: Job): number | string {
  const name = basename(input.shown);
  const stem = basename(name, extname(name));
  return /^\d+$/.test(stem) ? Number(stem) : name;
}
