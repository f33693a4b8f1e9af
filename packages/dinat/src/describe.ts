/** What a model file or a published name says of a network: its extents, its classes, its input. */
import { type Checkpoint, CheckpointError } from "@vicinity/checkpoint";
import {
  CLASS_LISTS,
  type ClassificationOptions,
  type ClassInfo,
  classNames,
  configIn,
  type DenseOptions,
  detectorConfigIn,
  published,
  rowsOf,
  type SegmenterRecipe,
  withNames,
} from "@vicinity/vision";
import * as v from "valibot";
import { type BackboneConfig, type Variant, VARIANTS } from "./config.ts";
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
const CLASSES = v.array(v.object({ name: v.string(), color: COLOR }));

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
  classes: CLASSES,
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
 * Describes the detector in a checkpoint.
 *
 * @param checkpoint A file of this project, whose metadata say everything, or an official one.
 * @param model Name of the published model that an official file belongs to.
 * @returns Its description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 */
export function describeDetector(checkpoint: Checkpoint, model?: string): DetectorDescription {
  const variant = published(DETECTORS, checkpoint, model);
  if (variant === undefined) return storedDetector(checkpoint);
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

function storedDetector(checkpoint: Checkpoint): DetectorDescription {
  const { network, ...facts } = detectorConfigIn(checkpoint, STAGED);
  if ("detector" in network) return { network, ...facts };
  throw new CheckpointError(
    "WEIGHTS_MISMATCH",
    `Cannot load ${checkpoint.name}: its configuration is of a RetinaNet, which DiNAT does not have. ` +
      "Use a model of this task.",
  );
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
  return classifierOf(variant, rowsOf(checkpoint, "head.weight", "classifier.weight"));
}

function classifierOf(
  { backbone, imageSize, cropShare }: Variant,
  classCount: number,
): ClassifierDescription {
  return { backbone, classes: classNames(classCount), input: { imageSize, cropShare } };
}

/**
 * Describes a published classifier without its file.
 *
 * @param model Its name.
 * @returns What its official file says; undefined for other names.
 */
export function officialClassifier(model: string): ClassifierDescription | undefined {
  const variant = VARIANTS[model];
  return variant && classifierOf(variant, variant.classes);
}

/**
 * Describes a published segmenter without its file.
 *
 * @param model Its name.
 * @returns What its official file says; undefined for other names.
 */
export function officialSegmenter(model: string): SegmenterDescription | undefined {
  const variant = SEGMENTERS[model];
  return variant && { ...variant, classes: CLASS_LISTS.ade20k };
}

/**
 * Describes a published detector without its file.
 *
 * @param model Its name.
 * @returns What its official file says; undefined for other names.
 */
export function officialDetector(model: string): DetectorDescription | undefined {
  const variant = DETECTORS[model];
  return variant && { ...variant, classes: CLASS_LISTS.coco };
}
