/** Two-stage detectors as data; names and defaults follow the configuration files of mmdetection. */

/** Boxes of fixed sizes around every position of every level, which proposals are coded against. */
export interface AnchorConfig {
  /** Sides of a square anchor in strides. */
  readonly scales: readonly number[];
  /** Height over width. */
  readonly ratios: readonly number[];
  /** Pixels between neighbours, for each level of the feature pyramid, fine to coarse. */
  readonly strides: readonly number[];
}

/** `FPN`. */
export interface NeckConfig {
  /** Channels of every level. */
  readonly channels: number;
  /** Number of levels; those beyond the backbone's maps halve the coarsest one. */
  readonly levels: number;
  /**
   * How the further levels are made: every second place of the coarsest level (`pooled`), or by
   * convolutions of stride 2 of the backbone's coarsest map (`convolved`); `pooled` when absent.
   */
  readonly further?: "pooled" | "convolved";
}

/** `RPNHead`. */
export interface RpnConfig {
  /** Channels between the shared convolution and its two outputs. */
  readonly channels: number;
  /** The anchors. */
  readonly anchors: AnchorConfig;
}

/** `SingleRoIExtractor` with `RoIAlign`. */
export interface RoiConfig {
  /** Pixels between neighbours of the levels that regions are taken from, fine to coarse. */
  readonly strides: readonly number[];
  /** Square root of the area up to which twice a region belongs to the finest level, in pixels. */
  readonly finestScale: number;
  /** Samples of a bin along each axis; 0 for as many as the bin has pixels. */
  readonly samplingRatio: number;
}

/** `Shared2FCBBoxHead` (no convolutions, two layers) or `ConvFCBBoxHead` (four and one). */
export interface BoxHeadConfig {
  /** Side of the pooled regions. */
  readonly roiSize: number;
  /** 3 × 3 convolutions with batch norm and ReLU. */
  readonly convs: number;
  /** Channels of the convolutions. */
  readonly convChannels: number;
  /** Linear layers with ReLU. */
  readonly fcs: number;
  /** Channels of the linear layers. */
  readonly fcChannels: number;
  /** Standard deviations of dx, dy, dw, dh in the coding of boxes. */
  readonly stds: readonly [number, number, number, number];
}

/** `FCNMaskHead`. */
export interface MaskHeadConfig {
  /** Side of the pooled regions; masks have twice as many pixels along each axis. */
  readonly roiSize: number;
  /** 3 × 3 convolutions with ReLU. */
  readonly convs: number;
  /** Channels of the convolutions and of the enlarged map. */
  readonly channels: number;
  /** Probability from which on a pixel belongs to the mask. */
  readonly threshold: number;
}

/** Which proposals reach the second stage. */
export interface ProposalConfig {
  /** Best anchors of a level that are looked at. */
  readonly preNms: number;
  /** Proposals in all. */
  readonly postNms: number;
  /** Intersection over union above which the better one of two proposals suppresses the other. */
  readonly iou: number;
  /** Proposals whose width or height in pixels does not exceed this are dropped; -1 keeps all. */
  readonly minSize: number;
}

/** Which boxes become detections. */
export interface DetectionConfig {
  /** Least score, exclusive. */
  readonly scoreThreshold: number;
  /** Intersection over union above which the better one of two boxes of a class suppresses the other. */
  readonly iou: number;
  /** Detections in a picture. */
  readonly max: number;
}

/** Mask R-CNN, or Cascade Mask R-CNN where `cascade` is set. */
export interface TwoStageConfig {
  /** Number of classes without the background. */
  readonly classes: number;
  /** Feature pyramid. */
  readonly neck: NeckConfig;
  /** Proposal network. */
  readonly rpn: RpnConfig;
  /** Regions of both heads. */
  readonly roi: RoiConfig;
  /** Whether heads are numbered in the keys and boxes move from stage to stage. */
  readonly cascade: boolean;
  /** Box heads; exactly one without a cascade. */
  readonly stages: readonly BoxHeadConfig[];
  /** Mask heads, one a stage; boxes only when absent. */
  readonly mask?: MaskHeadConfig;
  /** Between the stages. */
  readonly proposals: ProposalConfig;
  /** At the end. */
  readonly detections: DetectionConfig;
}

/** RetinaNet. */
export interface RetinaNetConfig {
  /** Number of classes; there is no background among them. */
  readonly classes: number;
  /** Feature pyramid. */
  readonly neck: NeckConfig;
  /** Maps of the backbone that are left out, the finest ones. */
  readonly skippedMaps: number;
  /** 3 × 3 convolutions with ReLU in each branch of the head. */
  readonly convs: number;
  /** Channels of these. */
  readonly channels: number;
  /** The anchors. */
  readonly anchors: AnchorConfig;
  /**
   * What is looked at of a level: the anchors with the best classes, with all of their classes
   * (`anchors`, mmdetection before 2.18), or the best pairs of anchor and class (`pairs`, later).
   */
  readonly order: "anchors" | "pairs";
  /** So many anchors or pairs of a level. */
  readonly preNms: number;
  /** Which boxes become detections. */
  readonly detections: DetectionConfig;
}
