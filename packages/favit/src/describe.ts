/** What a model file and a published name say of a network: its extents, its classes, its input. */
import type { Checkpoint } from "@vicinity/checkpoint";
import {
  CLASS_LISTS,
  type ClassifierFacts,
  classNames,
  configIn,
  detectorConfigIn,
  type DetectorFacts,
  IMAGENET_NAMES,
  published,
  rowsOf,
  type SegmenterFacts,
  withNames,
} from "@vicinity/vision";
import * as v from "valibot";
import { type FavitConfig, VARIANTS } from "./config.ts";
import type { MaskRcnnFavitConfig, RetinaNetFavitConfig, SemanticFpnFavitConfig } from "./dense.ts";
import { DETECTORS } from "./detection_config.ts";
import { backboneOf, retinaOf, segmenterOf, twoStageOf } from "./official_shapes.ts";
import { SEGMENTERS } from "./segmentation_config.ts";

/** A classifier. */
export interface ClassifierDescription extends ClassifierFacts {
  /** The network. */
  readonly backbone: FavitConfig;
}

/** A segmenter. */
export interface SegmenterDescription extends SegmenterFacts {
  /** The network. */
  readonly network: SemanticFpnFavitConfig;
}

/** A detector. */
export interface DetectorDescription extends DetectorFacts {
  /** The network. */
  readonly network: MaskRcnnFavitConfig | RetinaNetFavitConfig;
}

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(1));
const COUNTS = v.array(COUNT);
const COLOR = v.tuple([v.number(), v.number(), v.number()]);
const CLASSES = v.array(v.object({ name: v.string(), color: COLOR }));

/** {@link FavitConfig}. */
const BACKBONE = v.object({
  embedDims: COUNTS,
  heads: COUNTS,
  mlpRatios: v.array(v.number()),
  depths: COUNTS,
  srRatios: COUNTS,
});

const CLASSIFIER = v.object({
  backbone: BACKBONE,
  classes: v.array(v.string()),
  input: v.object({ imageSize: COUNT, cropShare: v.number() }),
});

const SEGMENTER = v.object({
  network: v.object({
    backbone: BACKBONE,
    pyramid: COUNT,
    channels: COUNT,
    classes: COUNT,
  }),
  classes: CLASSES,
  input: v.object({
    longest: COUNT,
    shortest: COUNT,
    divisor: v.exactOptional(COUNT),
  }),
});

/**
 * Describes the classifier in a checkpoint.
 *
 * @param checkpoint A file of this project, whose metadata say everything, or an official one, whose
 * shapes say how large the network is.
 * @param model Name of the published model that an official file belongs to, such as `favit-b0`, or
 * the nearest one.
 * @returns Its description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 */
export function describeClassifier(checkpoint: Checkpoint, model?: string): ClassifierDescription {
  const variant = published(VARIANTS, checkpoint, model);
  if (variant === undefined) return configIn(checkpoint, CLASSIFIER);
  const { imageSize, cropShare } = variant;
  const classes = classNames(rowsOf(checkpoint, "head.weight"));
  return {
    backbone: backboneOf(checkpoint, "", variant.backbone),
    classes,
    input: { imageSize, cropShare },
  };
}

/**
 * Describes a published classifier without its file.
 *
 * @param model Its name.
 * @returns What its official file says; undefined for other names.
 */
export function officialClassifier(model: string): ClassifierDescription | undefined {
  const variant = VARIANTS[model];
  if (variant === undefined) return undefined;
  const { backbone, imageSize, cropShare } = variant;
  return { backbone, classes: IMAGENET_NAMES, input: { imageSize, cropShare } };
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

/**
 * Describes the segmenter in a checkpoint.
 *
 * @param checkpoint As for {@link describeClassifier}.
 * @param model Name of the published model, such as `semantic_fpn-favit-b0`, or the nearest one.
 * @returns Its description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 */
export function describeSegmenter(checkpoint: Checkpoint, model?: string): SegmenterDescription {
  const variant = published(SEGMENTERS, checkpoint, model);
  if (variant === undefined) return configIn(checkpoint, SEGMENTER);
  const count = rowsOf(checkpoint, "decode_head.conv_seg.weight");
  return {
    network: segmenterOf(checkpoint, variant.network),
    classes: withNames(checkpoint, CLASS_LISTS.ade20k, count),
    input: variant.input,
  };
}

/**
 * Describes the detector in a checkpoint.
 *
 * @param checkpoint As for {@link describeClassifier}.
 * @param model Name of the published model, such as `retinanet-favit-b0`, or the nearest one.
 * @returns Its description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 */
export function describeDetector(checkpoint: Checkpoint, model?: string): DetectorDescription {
  const variant = published(DETECTORS, checkpoint, model);
  if (variant === undefined) return detectorConfigIn(checkpoint, BACKBONE);
  const { network, input } = variant;
  const backbone = backboneOf(checkpoint, "backbone.", network.backbone);
  const described = (count: number, own: DetectorDescription["network"]): DetectorDescription => ({
    network: own,
    classes: withNames(checkpoint, CLASS_LISTS.coco, count),
    input,
  });
  if ("retina" in network) {
    rowsOf(checkpoint, "bbox_head.retina_cls.weight");
    const retina = retinaOf(checkpoint, network.retina);
    return described(retina.classes, { backbone, retina });
  }
  rowsOf(checkpoint, "roi_head.bbox_head.fc_cls.weight");
  const detector = twoStageOf(checkpoint, network.detector);
  return described(detector.classes, { backbone, detector });
}
