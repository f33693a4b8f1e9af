/** Published detectors on COCO as data. Sources: the official configuration files for mmdetection. */
import type { BoxHeadConfig, DenseOptions, TwoStageConfig } from "@vicinity/vision";
import { denseBackbone, type Family, type Size, type StagedConfig } from "./config.ts";

/** A detector on NAT, DiNAT or DiNAT_s. */
export interface DinatDetectorConfig {
  /** The backbone. */
  readonly backbone: StagedConfig;
  /** Feature pyramid, proposals and heads. */
  readonly detector: TwoStageConfig;
}

/** A published detector. */
export interface DetectorVariant {
  /** The network. */
  readonly network: DinatDetectorConfig;
  /** Size of the network's input. */
  readonly input: DenseOptions;
  /** Address of the official file below `https://shi-labs.com/projects/`. */
  readonly file: string;
}

/** Box head of Mask R-CNN. */
const TWO_LAYERS: BoxHeadConfig = {
  roiSize: 7,
  convs: 0,
  convChannels: 256,
  fcs: 2,
  fcChannels: 1024,
  stds: [0.1, 0.1, 0.2, 0.2],
};

/** Box heads of Cascade Mask R-CNN; each codes finer corrections than the one before. */
const CASCADE: readonly BoxHeadConfig[] = ([
  [0.1, 0.1, 0.2, 0.2],
  [0.05, 0.05, 0.1, 0.1],
  [0.033, 0.033, 0.067, 0.067],
] as const).map((stds) => ({ ...TWO_LAYERS, convs: 4, fcs: 1, stds }));

function detectorOf(cascade: boolean): TwoStageConfig {
  return {
    classes: 80,
    neck: { channels: 256, levels: 5 },
    rpn: {
      channels: 256,
      anchors: { scales: [8], ratios: [0.5, 1, 2], strides: [4, 8, 16, 32, 64] },
    },
    roi: { strides: [4, 8, 16, 32], finestScale: 56, samplingRatio: 0 },
    cascade,
    stages: cascade ? CASCADE : [TWO_LAYERS],
    mask: { roiSize: 14, convs: 4, channels: 256, threshold: 0.5 },
    proposals: { preNms: 1000, postNms: 1000, iou: 0.7, minSize: 0 },
    detections: { scoreThreshold: 0.05, iou: 0.5, max: 100 },
  };
}

/** Test size of mmdetection for COCO. */
const INPUT: DenseOptions = { longest: 1333, shortest: 800, divisor: 32 };

/** Dilations of the dense tasks on COCO; the pattern of a stage is repeated to its depth. */
const DILATIONS = {
  nat: [[1], [1], [1], [1]],
  dinat: [[1, 28, 1], [1, 7, 1, 14], [1, 3, 1, 5, 1, 7], [1, 3, 1, 3, 1]],
  dinat_s: [[1, 28], [1, 14], [1, 3, 1, 5, 1, 7], [1, 3]],
} as const;

function variantOf(detector: TwoStageConfig) {
  return (family: Family, size: Size, file: string): DetectorVariant => ({
    network: { backbone: denseBackbone(family, size, DILATIONS[family]), detector },
    input: INPUT,
    file,
  });
}

const maskRcnn = variantOf(detectorOf(false));
const cascade = variantOf(detectorOf(true));

const NAT = "nat/checkpoints/DET";
const DINAT = "dinat/checkpoints/coco";

/** Published detectors by name. */
export const DETECTORS: Readonly<Record<string, DetectorVariant>> = {
  "mask_rcnn-nat-mini": maskRcnn("nat", "mini", `${NAT}/nat_mini_maskrcnn.pth`),
  "mask_rcnn-nat-tiny": maskRcnn("nat", "tiny", `${NAT}/nat_tiny_maskrcnn.pth`),
  "mask_rcnn-nat-small": maskRcnn("nat", "smallScaled", `${NAT}/nat_small_maskrcnn.pth`),
  "mask_rcnn-dinat-mini": maskRcnn("dinat", "mini", `${DINAT}/maskrcnn_dinat_mini.pth`),
  "mask_rcnn-dinat-tiny": maskRcnn("dinat", "tiny", `${DINAT}/maskrcnn_dinat_tiny.pth`),
  "mask_rcnn-dinat-small": maskRcnn("dinat", "small", `${DINAT}/maskrcnn_dinat_small.pth`),
  "mask_rcnn-dinat_s-tiny": maskRcnn("dinat_s", "sTiny", `${DINAT}/maskrcnn_dinat_s_tiny.pth`),
  "mask_rcnn-dinat_s-small": maskRcnn("dinat_s", "sSmall", `${DINAT}/maskrcnn_dinat_s_small.pth`),
  "cascade-nat-mini": cascade("nat", "mini", `${NAT}/nat_mini_cascademaskrcnn.pth`),
  "cascade-nat-tiny": cascade("nat", "tiny", `${NAT}/nat_tiny_cascademaskrcnn.pth`),
  "cascade-nat-small": cascade("nat", "smallScaled", `${NAT}/nat_small_cascademaskrcnn.pth`),
  "cascade-nat-base": cascade("nat", "base", `${NAT}/nat_base_cascademaskrcnn.pth`),
  "cascade-dinat-mini": cascade("dinat", "mini", `${DINAT}/cascadedmaskrcnn_dinat_mini.pth`),
  "cascade-dinat-tiny": cascade("dinat", "tiny", `${DINAT}/cascadedmaskrcnn_dinat_tiny.pth`),
  "cascade-dinat-small": cascade("dinat", "small", `${DINAT}/cascadedmaskrcnn_dinat_small.pth`),
  "cascade-dinat-base": cascade("dinat", "base", `${DINAT}/cascadedmaskrcnn_dinat_base.pth`),
  "cascade-dinat-large": cascade("dinat", "large", `${DINAT}/cascadedmaskrcnn_dinat_large.pth`),
  "cascade-dinat_s-tiny": cascade("dinat_s", "sTiny", `${DINAT}/cascadedmaskrcnn_dinat_s_tiny.pth`),
  "cascade-dinat_s-small": cascade(
    "dinat_s",
    "sSmall",
    `${DINAT}/cascadedmaskrcnn_dinat_s_small.pth`,
  ),
  "cascade-dinat_s-base": cascade("dinat_s", "sBase", `${DINAT}/cascadedmaskrcnn_dinat_s_base.pth`),
  "cascade-dinat_s-large": cascade(
    "dinat_s",
    "sLarge",
    `${DINAT}/cascadedmaskrcnn_dinat_s_large.pth`,
  ),
};
