/** Detection heads as data; the official names are those of OpenPCDet's configuration files. */

/** A branch of convolutions that regresses one thing at each place of a map. */
export interface BranchConfig {
  /** Official name, such as `center`, `center_z`, `dim`, `rot`, `vel`, `iou`. */
  readonly name: string;
  /** Channels of its result. */
  readonly channels: number;
  /** Convolutions, the last one included. */
  readonly convs: number;
}

/** The box that centres of detections have to lie in, ends included: x, y, z, then x, y, z. */
export type CenterRange = readonly [number, number, number, number, number, number];

/** Suppression of boxes that overlap. */
export interface Box3dNmsConfig {
  /**
   * `multi_class_nms`: class by class, with rectangles that the official code turns by 90 degrees;
   * `class_specific_nms`: class by class, as OpenPCDet does it; `nms_gpu`: all classes together.
   */
  readonly type: "multi_class_nms" | "class_specific_nms" | "nms_gpu";
  /** Overlaps above this are suppressed, one value a class, or one for all classes together. */
  readonly thresholds: readonly number[];
  /** Boxes that are looked at, the surest first. */
  readonly before: readonly number[];
  /** Boxes that are kept. */
  readonly after: readonly number[];
  /** Only boxes with a higher score, rectified, one value a class; not for all classes together. */
  readonly scoreThresholds?: readonly number[];
}

/** `CenterHead`. */
export interface CenterHeadConfig {
  /** Tag of the union. */
  readonly kind: "center";
  /** Names of the classes of each group of branches; CLASS_NAMES_EACH_HEAD. */
  readonly groups: readonly (readonly string[])[];
  /** Channels of the shared convolution and inside the branches. */
  readonly sharedChannels: number;
  /** Whether convolutions before a norm have a bias. */
  readonly biasBeforeNorm: boolean;
  /** Added to the variance of batch norm, BN_EPS; 1e-3 when absent. */
  readonly normEps?: number;
  /** Convolutions of the heat map's branch. */
  readonly heatmapConvs: number;
  /** All other branches, in official order. */
  readonly branches: readonly BranchConfig[];
  /** Cells of the grid along the side of a place of the map. */
  readonly stride: number;
  /** Only boxes with a higher score, before it is rectified. */
  readonly scoreThreshold: number;
  /** Where centres may be. */
  readonly centerRange: CenterRange;
  /** Places that are looked at for each group. */
  readonly maxObjects: number;
  /** For each class how much the predicted overlap weighs in the score; none without rectification. */
  readonly iouRectifier?: readonly number[];
  /** Suppression. */
  readonly nms: Box3dNmsConfig;
}

/** `TransFusionHead` of the DSVT repository. */
export interface TransFusionHeadConfig {
  /** Tag of the union. */
  readonly kind: "transfusion";
  /** Number of classes. */
  readonly classes: number;
  /** Boxes that are proposed. */
  readonly proposals: number;
  /** Channels of the decoder. */
  readonly hiddenChannels: number;
  /** Heads of its attention. */
  readonly heads: number;
  /** Width of its feed-forward layer. */
  readonly feedForward: number;
  /** Activation of that layer; `relu` when absent, `gelu` is the exact one. */
  readonly activation?: "relu" | "gelu";
  /** Side of the neighbourhood that a proposal is the largest of, odd. */
  readonly nmsKernel: number;
  /** Cells on each side of a proposal that it attends to. */
  readonly queryRadius: number;
  /** Whether convolutions before a norm have a bias. */
  readonly biasBeforeNorm: boolean;
  /** Convolutions of the heat map's branch. */
  readonly heatmapConvs: number;
  /** All other branches, in official order. */
  readonly branches: readonly BranchConfig[];
  /** Cells of the grid along the side of a place of the map. */
  readonly stride: number;
  /** Decides which classes are small: their maxima need no neighbourhood. */
  readonly dataset: "nuScenes" | "Waymo";
  /** Only boxes with a higher score. */
  readonly scoreThreshold: number;
  /** Where centres may be. */
  readonly centerRange: CenterRange;
  /** How much the predicted overlap weighs in the score: one value for all classes or one each. */
  readonly iouRectifier?: readonly number[];
  /** Suppression among boxes of a small class: boxes that are looked at, and that are kept. */
  readonly nms: { readonly before: number; readonly after: number };
}

/** Any head. */
export type HeadConfig = CenterHeadConfig | TransFusionHeadConfig;
