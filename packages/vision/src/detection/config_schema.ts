/** Configurations of detectors in the metadata of files. */
import type { Checkpoint } from "@vicinity/checkpoint";
import * as v from "valibot";
import { CLASSES, COUNT, WHOLE } from "../models/schema_parts.ts";
import type { ClassInfo } from "../classes.ts";
import { configIn } from "../models/checkpoint_facts.ts";
import type { ConfigSchema } from "../models/config_schema.ts";
import type { DenseOptions } from "../preprocess.ts";
import type { RetinaNetConfig, TwoStageConfig } from "./config.ts";

const COUNTS = v.array(COUNT);
const SHARE = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const NUMBERS = v.array(v.number());

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

/** {@link TwoStageConfig}. */
const TWO_STAGE: v.GenericSchema<unknown, TwoStageConfig> = v.object({
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

/** {@link RetinaNetConfig}. */
const RETINANET: v.GenericSchema<unknown, RetinaNetConfig> = v.object({
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

const INPUT = v.object({ longest: COUNT, shortest: COUNT, divisor: COUNT });

/** What a file says of its detector. */
export interface StoredDetector<Backbone> {
  /** The network: Mask R-CNN or a cascade, or RetinaNet. */
  readonly network:
    | { readonly backbone: Backbone; readonly detector: TwoStageConfig }
    | { readonly backbone: Backbone; readonly retina: RetinaNetConfig };
  /** Its classes, in order. */
  readonly classes: readonly ClassInfo[];
  /** Its input. */
  readonly input: DenseOptions;
}

/**
 * The configuration of a detector in the metadata of a file.
 *
 * @param checkpoint The file.
 * @param backbone What its backbone has to be.
 * @returns The configuration.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when it is another one.
 */
export function detectorConfigIn<Backbone>(
  checkpoint: Checkpoint,
  backbone: ConfigSchema<Backbone>,
): StoredDetector<Backbone> {
  const inside = nested(backbone);
  return configIn(
    checkpoint,
    v.object({
      network: v.union([
        v.object({ backbone: inside, detector: TWO_STAGE }),
        v.object({ backbone: inside, retina: RETINANET }),
      ]),
      classes: CLASSES,
      input: INPUT,
    }),
  );
}

/** A schema of any library as a part of one of valibot. */
function nested<Config>(schema: ConfigSchema<Config>): v.GenericSchema<unknown, Config> {
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const result = schema["~standard"].validate(dataset.value);
      if (!(result instanceof Promise) && result.issues === undefined) return result.value;
      addIssue({ message: result instanceof Promise ? undefined : result.issues[0]?.message });
      return NEVER;
    }),
  );
}
