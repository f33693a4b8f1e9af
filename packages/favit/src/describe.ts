/** What a model file and a published name say of a network: its extents, its classes, its input. */
import type { Checkpoint } from "@vicinity/checkpoint";
import {
  CLASS_LISTS,
  type ClassifierFacts,
  classNames,
  configIn,
  type DetectorFacts,
  published,
  rowsOf,
  type SegmenterFacts,
  withNames,
} from "@vicinity/vision";
import * as v from "valibot";
import { type FavitConfig, VARIANTS } from "./config.ts";
import type { MaskRcnnFavitConfig, RetinaNetFavitConfig, SemanticFpnFavitConfig } from "./dense.ts";
import { DETECTORS } from "./detection_config.ts";
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
 * @param checkpoint A file of this project, whose metadata say everything, or an official one.
 * @param model Name of the published model that an official file belongs to, such as `favit-b0`.
 * @returns Its description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 */
export function describeClassifier(checkpoint: Checkpoint, model?: string): ClassifierDescription {
  const variant = published(VARIANTS, checkpoint, model);
  if (variant === undefined) return configIn(checkpoint, CLASSIFIER);
  const { backbone, imageSize, cropShare } = variant;
  const classes = classNames(rowsOf(checkpoint, "head.weight"));
  return { backbone, classes, input: { imageSize, cropShare } };
}

/**
 * Describes the segmenter in a checkpoint.
 *
 * @param checkpoint A file of this project, whose metadata say everything, or an official one.
 * @param model Name of the published model, such as `semantic_fpn-favit-b0`.
 * @returns Its description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 */
export function describeSegmenter(checkpoint: Checkpoint, model?: string): SegmenterDescription {
  const variant = published(SEGMENTERS, checkpoint, model);
  if (variant === undefined) return configIn(checkpoint, SEGMENTER);
  const count = rowsOf(checkpoint, "decode_head.conv_seg.weight");
  return {
    network: { ...variant.network, classes: count },
    classes: withNames(checkpoint, CLASS_LISTS.ade20k, count),
    input: variant.input,
  };
}

/**
 * Describes the detector in an official checkpoint.
 *
 * @param checkpoint The file.
 * @param model Name of the published model, such as `retinanet-favit-b0`.
 * @returns Its description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 */
export function describeDetector(checkpoint: Checkpoint, model?: string): DetectorDescription {
  const { network, input } = published(DETECTORS, { ...checkpoint, metadata: {} }, model) ?? {};
  if (!network || !input) throw new TypeError("Cannot describe a detector: no one is published.");
  const counted = (count: number, own: DetectorDescription["network"]): DetectorDescription => ({
    network: own,
    classes: withNames(checkpoint, CLASS_LISTS.coco, count),
    input,
  });
  if ("retina" in network) {
    const { retina } = network;
    const kinds = retina.anchors.scales.length * retina.anchors.ratios.length;
    const count = rowsOf(checkpoint, "bbox_head.retina_cls.weight") / kinds;
    return counted(count, { ...network, retina: { ...retina, classes: count } });
  }
  // The last row is the background.
  const count = rowsOf(checkpoint, "roi_head.bbox_head.fc_cls.weight") - 1;
  return counted(count, { ...network, detector: { ...network.detector, classes: count } });
}
