/** Published detectors on COCO as data. Sources: the official configuration files for mmdetection. */
import type { DenseOptions, RetinaNetConfig, TwoStageConfig } from "@vicinity/vision";
import { BACKBONES } from "./config.ts";
import type { MaskRcnnFavitConfig, RetinaNetFavitConfig } from "./dense.ts";

/** A published detector; the authors publish its configuration, but no weights. */
export interface DetectorVariant {
  /** The network; the number of classes is read from the weights. */
  readonly network: MaskRcnnFavitConfig | RetinaNetFavitConfig;
  /** Size of the network's input. */
  readonly input: DenseOptions;
}

/** Test size of mmdetection for COCO. */
const INPUT: DenseOptions = { longest: 1333, shortest: 800, divisor: 32 };

const DETECTIONS = { scoreThreshold: 0.05, iou: 0.5, max: 100 } as const;

/** RetinaNet without the finest map; three scales an octave. */
const RETINA: RetinaNetConfig = {
  classes: 80,
  neck: { channels: 256, levels: 5, further: "convolved" },
  skippedMaps: 1,
  convs: 4,
  channels: 256,
  anchors: {
    scales: [0, 1, 2].map((step) => 4 * 2 ** (step / 3)),
    ratios: [0.5, 1, 2],
    strides: [8, 16, 32, 64, 128],
  },
  order: "anchors",
  preNms: 1000,
  detections: DETECTIONS,
};

/** Mask R-CNN of mmdetection 2.11, where proposals without extent are not dropped. */
const MASK_RCNN: TwoStageConfig = {
  classes: 80,
  neck: { channels: 256, levels: 5 },
  rpn: {
    channels: 256,
    anchors: { scales: [8], ratios: [0.5, 1, 2], strides: [4, 8, 16, 32, 64] },
  },
  roi: { strides: [4, 8, 16, 32], finestScale: 56, samplingRatio: 0 },
  cascade: false,
  stages: [{
    roiSize: 7,
    convs: 0,
    convChannels: 256,
    fcs: 2,
    fcChannels: 1024,
    stds: [0.1, 0.1, 0.2, 0.2],
  }],
  mask: { roiSize: 14, convs: 4, channels: 256, threshold: 0.5 },
  proposals: { preNms: 1000, postNms: 1000, iou: 0.7, minSize: -1 },
  detections: DETECTIONS,
};

/** Published detectors by name. */
export const DETECTORS: Readonly<Record<string, DetectorVariant>> = Object.fromEntries(
  Object.entries(BACKBONES).flatMap(([name, backbone]) => [
    [`retinanet-${name}`, { network: { backbone, retina: RETINA }, input: INPUT }],
    [`mask_rcnn-${name}`, { network: { backbone, detector: MASK_RCNN }, input: INPUT }],
  ]),
);
