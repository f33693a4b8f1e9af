/** What configurations of detectors in the metadata of files have to be. */
import * as v from "valibot";
import type { RetinaNetConfig, TwoStageConfig } from "./config.ts";

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(1));
const COUNTS = v.array(COUNT);
const SHARE = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const NUMBERS = v.array(v.number());
const WHOLE = v.pipe(v.number(), v.integer(), v.minValue(0));

/** `NeckConfig`. */
const NECK = v.object({
  channels: COUNT,
  levels: COUNT,
  further: v.exactOptional(v.picklist(["pooled", "convolved"])),
});

/** `AnchorConfig`. */
const ANCHORS = v.object({ scales: NUMBERS, ratios: NUMBERS, strides: COUNTS });

/** `DetectionConfig`. */
const DETECTIONS = v.object({ scoreThreshold: SHARE, iou: SHARE, max: COUNT });

/** Checks a {@link TwoStageConfig}. */
export const TWO_STAGE_SCHEMA: v.GenericSchema<unknown, TwoStageConfig> = v.object({
  classes: COUNT,
  neck: NECK,
  rpn: v.object({ channels: COUNT, anchors: ANCHORS }),
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
  proposals: v.object({
    preNms: COUNT,
    postNms: COUNT,
    iou: SHARE,
    minSize: v.number(),
  }),
  detections: DETECTIONS,
});

/** Checks a {@link RetinaNetConfig}. */
export const RETINANET_SCHEMA: v.GenericSchema<unknown, RetinaNetConfig> = v.object({
  classes: COUNT,
  neck: NECK,
  skippedMaps: WHOLE,
  convs: COUNT,
  channels: COUNT,
  anchors: ANCHORS,
  order: v.picklist(["anchors", "pairs"]),
  preNms: COUNT,
  detections: DETECTIONS,
});
