/** Heads as the official configuration files word them. */
import type {
  BranchConfig,
  CenterHeadConfig,
  CenterRange,
  HeadConfig,
  TransFusionHeadConfig,
} from "@vicinity/dsvt";

interface OfficialBranches {
  readonly HEAD_DICT: Readonly<
    Record<string, { readonly out_channels: number; readonly num_conv: number }>
  >;
}

interface OfficialNms {
  readonly NMS_TYPE: CenterHeadConfig["nms"]["type"];
  readonly NMS_THRESH: number | readonly number[];
  readonly NMS_PRE_MAXSIZE: number | readonly number[];
  readonly NMS_POST_MAXSIZE: number | readonly number[];
  readonly SCORE_THRESH?: number | readonly number[];
}

interface OfficialPostProcessing {
  readonly SCORE_THRESH: number;
  readonly USE_IOU_TO_RECTIFY_SCORE?: boolean;
  readonly IOU_RECTIFIER?: readonly number[];
  readonly NMS_CONFIG: OfficialNms;
}

interface OfficialHead {
  readonly USE_BIAS_BEFORE_NORM?: boolean;
  readonly NUM_HM_CONV: number;
  readonly SEPARATE_HEAD_CFG: OfficialBranches;
}

/** `DENSE_HEAD` with the name `CenterHead`. */
export interface OfficialCenterHead extends OfficialHead {
  readonly CLASS_NAMES_EACH_HEAD: readonly (readonly string[])[];
  readonly SHARED_CONV_CHANNEL: number;
  readonly BN_EPS?: number;
  readonly TARGET_ASSIGNER_CONFIG: { readonly FEATURE_MAP_STRIDE: number };
  readonly POST_PROCESSING: OfficialPostProcessing & {
    readonly POST_CENTER_LIMIT_RANGE: CenterRange;
    readonly MAX_OBJ_PER_SAMPLE: number;
  };
}

/** `DENSE_HEAD` with the name `TransFusionHead`. */
export interface OfficialTransFusionHead extends OfficialHead {
  readonly NUM_CLASSES: number;
  readonly NUM_PROPOSALS: number;
  readonly HIDDEN_CHANNEL: number;
  readonly NUM_HEADS: number;
  readonly FFN_CHANNEL: number;
  readonly ACTIVATION: "relu" | "gelu";
  readonly NMS_KERNEL_SIZE: number;
  readonly TARGET_ASSIGNER_CONFIG: {
    readonly FEATURE_MAP_STRIDE: number;
    readonly DATASET?: TransFusionHeadConfig["dataset"];
  };
  readonly POST_PROCESSING: OfficialPostProcessing & { readonly POST_CENTER_RANGE: CenterRange };
}

/** Added to the variance of batch norm where the file names nothing. */
const PYTORCH_EPS = 1e-5;

function listOf(value: number | readonly number[]): readonly number[] {
  return typeof value === "number" ? [value] : value;
}

function branchesOf({ HEAD_DICT }: OfficialBranches): BranchConfig[] {
  return Object.entries(HEAD_DICT)
    .map(([name, { out_channels, num_conv }]) => ({
      name,
      channels: out_channels,
      convs: num_conv,
    }));
}

function rectifierOf({ USE_IOU_TO_RECTIFY_SCORE, IOU_RECTIFIER }: OfficialPostProcessing) {
  return USE_IOU_TO_RECTIFY_SCORE && IOU_RECTIFIER ? { iouRectifier: IOU_RECTIFIER } : {};
}

/**
 * Reads a `CenterHead`.
 *
 * @param official The part of the file.
 * @param classes Names of the detector's classes.
 * @returns The head.
 */
export function centerHeadOf(
  official: OfficialCenterHead,
  classes: readonly string[],
): CenterHeadConfig {
  const { POST_PROCESSING: post, SEPARATE_HEAD_CFG } = official;
  const { NMS_CONFIG: nms } = post;
  const least = nms.SCORE_THRESH;
  const thresholds = listOf(nms.NMS_THRESH);
  return {
    kind: "center",
    groups: official.CLASS_NAMES_EACH_HEAD
      .map((names) => names.filter((name) => classes.includes(name))),
    sharedChannels: official.SHARED_CONV_CHANNEL,
    biasBeforeNorm: official.USE_BIAS_BEFORE_NORM ?? false,
    normEps: official.BN_EPS ?? PYTORCH_EPS,
    heatmapConvs: official.NUM_HM_CONV,
    branches: branchesOf(SEPARATE_HEAD_CFG),
    stride: official.TARGET_ASSIGNER_CONFIG.FEATURE_MAP_STRIDE,
    scoreThreshold: post.SCORE_THRESH,
    centerRange: post.POST_CENTER_LIMIT_RANGE,
    maxObjects: post.MAX_OBJ_PER_SAMPLE,
    ...rectifierOf(post),
    nms: {
      type: nms.NMS_TYPE,
      thresholds,
      before: listOf(nms.NMS_PRE_MAXSIZE),
      after: listOf(nms.NMS_POST_MAXSIZE),
      ...(least === undefined
        ? {}
        : { scoreThresholds: typeof least === "number" ? thresholds.map(() => least) : least }),
    },
  };
}

/**
 * Reads a `TransFusionHead`.
 *
 * @param official The part of the file.
 * @param queryRadius Cells around a proposal that it sees; the official code has it built in.
 * @returns The head.
 */
export function transFusionHeadOf(
  official: OfficialTransFusionHead,
  queryRadius: number,
): TransFusionHeadConfig {
  const { POST_PROCESSING: post, TARGET_ASSIGNER_CONFIG: targets } = official;
  const { NMS_CONFIG: nms } = post;
  return {
    kind: "transfusion",
    classes: official.NUM_CLASSES,
    proposals: official.NUM_PROPOSALS,
    hiddenChannels: official.HIDDEN_CHANNEL,
    heads: official.NUM_HEADS,
    feedForward: official.FFN_CHANNEL,
    activation: official.ACTIVATION,
    nmsKernel: official.NMS_KERNEL_SIZE,
    queryRadius,
    biasBeforeNorm: official.USE_BIAS_BEFORE_NORM ?? false,
    heatmapConvs: official.NUM_HM_CONV,
    branches: branchesOf(official.SEPARATE_HEAD_CFG),
    stride: targets.FEATURE_MAP_STRIDE,
    dataset: targets.DATASET ?? "nuScenes",
    scoreThreshold: post.SCORE_THRESH,
    centerRange: post.POST_CENTER_RANGE,
    ...rectifierOf(post),
    nms: {
      before: listOf(nms.NMS_PRE_MAXSIZE)[0] ?? Infinity,
      after: listOf(nms.NMS_POST_MAXSIZE)[0] ?? Infinity,
    },
  };
}

/** The radius that the official TransFusion head has built in. */
const OFFICIAL_RADIUS = 20;

/**
 * Reads the `DENSE_HEAD` of a detector.
 *
 * @param official The part of the file, with its NAME.
 * @param classes Names of the detector's classes.
 * @returns The head.
 */
export function headOf(
  official: (OfficialCenterHead | OfficialTransFusionHead) & { readonly NAME: string },
  classes: readonly string[],
): HeadConfig {
  return official.NAME === "CenterHead"
    ? centerHeadOf(official as OfficialCenterHead, classes)
    : transFusionHeadOf(official as OfficialTransFusionHead, OFFICIAL_RADIUS);
}
