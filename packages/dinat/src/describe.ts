/** What a model file or a published name says of a network: its extents, its classes, its input. */
import { type Checkpoint, CheckpointError } from "@vicinity/checkpoint";
import {
  CLASS_LISTS,
  classesOf,
  type ClassInfo,
  IMAGENET_NAMES,
  type SegmenterRecipe,
} from "@vicinity/vision";
import * as v from "valibot";
import { type BackboneConfig, VARIANTS } from "./config.ts";
import type { UperNetDinatConfig } from "./dense.ts";
import type { ClassificationOptions } from "./pre.ts";
import { describeTransformers } from "./transformers_config.ts";
import { SEGMENTERS } from "./segmentation_config.ts";

/** A segmenter. */
export interface SegmenterDescription {
  /** The network. */
  readonly network: UperNetDinatConfig;
  /** Its classes, in order. */
  readonly classes: readonly ClassInfo[];
  /** Its input. */
  readonly input: SegmenterRecipe;
}

/** A classifier. */
export interface ClassifierDescription {
  /** The network. */
  readonly backbone: BackboneConfig;
  /** Names of its classes, in order. */
  readonly classes: readonly string[];
  /** Its input. */
  readonly input: ClassificationOptions;
}

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(1));
const COUNTS = v.array(COUNT);
const COLOR = v.tuple([v.number(), v.number(), v.number()]);

/** {@link BackboneConfig} with four stages. */
const STAGED = v.object({
  layout: v.picklist(["nat", "dinat_s"]),
  embedDim: COUNT,
  mlpRatio: v.number(),
  depths: COUNTS,
  heads: COUNTS,
  kernel: COUNT,
  dilations: v.array(COUNTS),
  layerScale: v.boolean(),
});

const SEGMENTER = v.object({
  network: v.object({
    backbone: STAGED,
    channels: COUNT,
    classes: COUNT,
    poolScales: COUNTS,
  }),
  classes: v.array(v.object({ name: v.string(), color: COLOR })),
  input: v.object({ longest: COUNT, shortest: COUNT }),
});

const CLASSIFIER = v.object({
  backbone: STAGED,
  classes: v.array(v.string()),
  input: v.object({ imageSize: COUNT, cropShare: v.number() }),
});

/**
 * Describes the segmenter in a checkpoint.
 *
 * @param checkpoint A file of this project, whose metadata say everything, or an official one.
 * @param model Name of the published model that an official file belongs to.
 * @returns Its description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 */
export function describeSegmenter(checkpoint: Checkpoint, model?: string): SegmenterDescription {
  const variant = published(SEGMENTERS, checkpoint, model);
  if (variant === undefined) return configIn(checkpoint, SEGMENTER);
  const classCount = rowsOf(checkpoint, "decode_head.conv_seg.weight");
  return {
    network: { ...variant.network, classes: classCount },
    classes: withNames(checkpoint, CLASS_LISTS.ade20k, classCount),
    input: variant.input,
  };
}

/**
 * Describes the classifier in a checkpoint.
 *
 * @param checkpoint A file of this project or of transformers, whose metadata say everything, or an
 * official one.
 * @param model Name of the published model that an official file belongs to.
 * @returns Its description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 */
export function describeClassifier(checkpoint: Checkpoint, model?: string): ClassifierDescription {
  const transformers = describeTransformers(checkpoint);
  if (transformers !== undefined) return transformers;
  const variant = published(VARIANTS, checkpoint, model);
  if (variant === undefined) return configIn(checkpoint, CLASSIFIER);
  const { backbone, imageSize, cropShare } = variant;
  const classCount = rowsOf(checkpoint, "head.weight", "classifier.weight");
  const known = classCount === IMAGENET_NAMES.length ? IMAGENET_NAMES : [];
  const classes = Array.from({ length: classCount }, (_, id) => known[id] ?? `class ${id}`);
  return { backbone, classes, input: { imageSize, cropShare } };
}

/** The published model of that name; none for files that describe themselves. */
function published<Variant>(
  variants: Readonly<Record<string, Variant>>,
  checkpoint: Checkpoint,
  model: string | undefined,
): Variant | undefined {
  if (checkpoint.metadata["config"] !== undefined) return undefined;
  const variant = model === undefined ? undefined : variants[model];
  if (variant !== undefined) return variant;
  throw new CheckpointError(
    "WEIGHTS_MISMATCH",
    `Cannot load ${checkpoint.name}: it does not say which network it is of` +
      `${model === undefined ? "" : `, and ${JSON.stringify(model)} is no published one`}. ` +
      `Name one of ${Object.keys(variants).join(", ")}.`,
  );
}

function configIn<Schema extends v.GenericSchema>(
  checkpoint: Checkpoint,
  schema: Schema,
): v.InferOutput<Schema> {
  const fail = (reason: string) =>
    new CheckpointError(
      "WEIGHTS_MISMATCH",
      `Cannot load ${checkpoint.name}: its configuration is of another kind (${reason}). ` +
        "Use a model of this task.",
    );
  let json: unknown;
  try {
    json = JSON.parse(checkpoint.metadata["config"] ?? "");
  } catch {
    throw fail("it is not JSON");
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw fail(`${v.getDotPath(issue) ?? "config"}: ${issue.message}`);
}

/** Number of classes, from the first of some weights that is there. */
function rowsOf(checkpoint: Checkpoint, ...keys: readonly string[]): number {
  for (const key of keys) {
    const count = checkpoint.find(key)?.shape[0];
    if (count !== undefined) return count;
  }
  throw new CheckpointError(
    "WEIGHTS_MISMATCH",
    `Cannot load ${checkpoint.name}: it has no ${keys[0]}. Use a checkpoint of this network.`,
  );
}

/** Names and colours that mmcv stored beside the weights win over those of the data set. */
function withNames(
  { metadata }: Checkpoint,
  list: readonly ClassInfo[],
  count: number,
): readonly ClassInfo[] {
  const names = listIn(v.array(v.string()), metadata["CLASSES"]);
  const colors = listIn(v.array(COLOR), metadata["PALETTE"]);
  const known = list.length === count ? list : [];
  return classesOf(Array.from({ length: count }, (_, id) => `class ${id}`)).map((plain, id) => ({
    name: names?.[id] ?? known[id]?.name ?? plain.name,
    color: colors?.[id] ?? known[id]?.color ?? plain.color,
  }));
}

function listIn<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string | undefined,
): v.InferOutput<Schema> | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  return parsed.success ? parsed.output : undefined;
}
