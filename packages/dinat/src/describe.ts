/** What a model file or a published name says of a network: its extents, its classes, its input. */
import { type Checkpoint, CheckpointError } from "@vicinity/checkpoint";
import {
  CLASS_LISTS,
  classesOf,
  type ClassificationOptions,
  type ClassInfo,
  type DenseOptions,
  IMAGENET_NAMES,
  type SegmenterRecipe,
} from "@vicinity/vision";
import * as v from "valibot";
import { type BackboneConfig, VARIANTS } from "./config.ts";
import type { UperNetDinatConfig } from "./dense.ts";
import { DETECTORS, type DinatDetectorConfig } from "./detection_config.ts";
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

/** A detector. */
export interface DetectorDescription {
  /** The network. */
  readonly network: DinatDetectorConfig;
  /** Its classes, in order. */
  readonly classes: readonly ClassInfo[];
  /** Its input. */
  readonly input: DenseOptions;
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

const CLASSES = v.array(v.object({ name: v.string(), color: COLOR }));

const SEGMENTER = v.object({
  network: v.object({
    backbone: STAGED,
    channels: COUNT,
    classes: COUNT,
    poolScales: COUNTS,
  }),
  classes: CLASSES,
  input: v.object({ longest: COUNT, shortest: COUNT }),
});

const SHARE = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const NUMBERS = v.array(v.number());
const NOT_NEGATIVE = v.pipe(v.number(), v.minValue(0));
const WHOLE = v.pipe(v.number(), v.integer(), v.minValue(0));

/** `TwoStageConfig`. */
const TWO_STAGE = v.object({
  classes: COUNT,
  neck: v.object({ channels: COUNT, levels: COUNT }),
  rpn: v.object({
    channels: COUNT,
    anchors: v.object({ scales: NUMBERS, ratios: NUMBERS, strides: COUNTS }),
  }),
  roi: v.object({ strides: COUNTS, finestScale: COUNT, samplingRatio: WHOLE }),
  cascade: v.boolean(),
  stages: v.pipe(
    v.array(v.object({
      roiSize: COUNT,
      convs: WHOLE,
      convChannels: COUNT,
      fcs: COUNT,
      fcChannels: COUNT,
      stds: v.tuple([v.number(), v.number(), v.number(), v.number()]),
    })),
    v.minLength(1),
  ),
  mask: v.exactOptional(
    v.object({ roiSize: COUNT, convs: WHOLE, channels: COUNT, threshold: SHARE }),
  ),
  proposals: v.object({ preNms: COUNT, postNms: COUNT, iou: SHARE, minSize: NOT_NEGATIVE }),
  detections: v.object({ scoreThreshold: SHARE, iou: SHARE, max: COUNT }),
});

const DETECTOR = v.object({
  network: v.object({ backbone: STAGED, detector: TWO_STAGE }),
  classes: CLASSES,
  input: v.object({ longest: COUNT, shortest: COUNT, divisor: COUNT }),
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
 * Describes the detector in a checkpoint.
 *
 * @param checkpoint A file of this project, whose metadata say everything, or an official one.
 * @param model Name of the published model that an official file belongs to.
 * @returns Its description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 */
export function describeDetector(checkpoint: Checkpoint, model?: string): DetectorDescription {
  const variant = published(DETECTORS, checkpoint, model);
  if (variant === undefined) return configIn(checkpoint, DETECTOR);
  const { network: { backbone, detector }, input } = variant;
  const head = detector.cascade ? "roi_head.bbox_head.0" : "roi_head.bbox_head";
  // The last row is the background.
  const classCount = rowsOf(checkpoint, `${head}.fc_cls.weight`) - 1;
  return {
    network: { backbone, detector: { ...detector, classes: classCount } },
    classes: withNames(checkpoint, CLASS_LISTS.coco, classCount),
    input,
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
