/** Detection heads in the official form, `MODEL.DENSE_HEAD`. */
import { ConfigError, readConfig } from "@vicinity/vision";
import * as v from "valibot";
import type {
  Box3dNmsConfig,
  BranchConfig,
  CenterHeadConfig,
  HeadConfig,
  TransFusionHeadConfig,
} from "./head_config.ts";

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(1));
const RANGE = v.tuple([
  v.number(),
  v.number(),
  v.number(),
  v.number(),
  v.number(),
  v.number(),
]);
/** One value for all classes, or one each. */
const VALUES = v.union([
  v.pipe(v.number(), v.transform((value) => [value])),
  v.array(v.number()),
]);

const BRANCHES = v.pipe(
  v.object({
    HEAD_DICT: v.record(v.string(), v.object({ out_channels: COUNT, num_conv: COUNT })),
  }),
  v.transform(({ HEAD_DICT }): BranchConfig[] =>
    Object.entries(HEAD_DICT).map(([name, { out_channels, num_conv }]) => ({
      name,
      channels: out_channels,
      convs: num_conv,
    }))
  ),
);

const POST = v.object({
  SCORE_THRESH: v.number(),
  USE_IOU_TO_RECTIFY_SCORE: v.optional(v.boolean(), false),
  IOU_RECTIFIER: v.optional(VALUES),
  NMS_CONFIG: v.object({
    NMS_TYPE: v.picklist(["multi_class_nms", "class_specific_nms", "nms_gpu"]),
    NMS_THRESH: VALUES,
    NMS_PRE_MAXSIZE: VALUES,
    NMS_POST_MAXSIZE: VALUES,
    SCORE_THRESH: v.optional(VALUES),
  }),
});

const HEAD = v.object({
  USE_BIAS_BEFORE_NORM: v.optional(v.boolean(), false),
  NUM_HM_CONV: COUNT,
  SEPARATE_HEAD_CFG: BRANCHES,
});

const CENTER_HEAD = v.object({
  ...HEAD.entries,
  CLASS_NAMES_EACH_HEAD: v.array(v.array(v.string())),
  SHARED_CONV_CHANNEL: COUNT,
  BN_EPS: v.optional(v.number(), 1e-5),
  TARGET_ASSIGNER_CONFIG: v.object({ FEATURE_MAP_STRIDE: COUNT }),
  POST_PROCESSING: v.object({
    ...POST.entries,
    POST_CENTER_LIMIT_RANGE: RANGE,
    MAX_OBJ_PER_SAMPLE: COUNT,
  }),
});

const TRANSFUSION_HEAD = v.object({
  ...HEAD.entries,
  NUM_CLASSES: COUNT,
  NUM_PROPOSALS: COUNT,
  HIDDEN_CHANNEL: COUNT,
  NUM_HEADS: COUNT,
  FFN_CHANNEL: COUNT,
  ACTIVATION: v.picklist(["relu", "gelu"]),
  NMS_KERNEL_SIZE: COUNT,
  TARGET_ASSIGNER_CONFIG: v.object({
    FEATURE_MAP_STRIDE: COUNT,
    DATASET: v.optional(v.picklist(["nuScenes", "Waymo"]), "nuScenes"),
  }),
  POST_PROCESSING: v.object({ ...POST.entries, POST_CENTER_RANGE: RANGE }),
});

const KIND = v.object({ NAME: v.picklist(["CenterHead", "TransFusionHead"]) });
const WHERE = "MODEL.DENSE_HEAD";

/** Cells around a proposal that the official TransFusion head attends to; it is built in there. */
const OFFICIAL_RADIUS = 20;

/**
 * Reads `MODEL.DENSE_HEAD`.
 *
 * @param json The part of the file, with its NAME.
 * @returns The same as data.
 * @throws {ConfigError} If it is not in the official form.
 */
export function officialHead(json: unknown): HeadConfig {
  return readConfig(KIND, json, WHERE).NAME === "CenterHead"
    ? officialCenterHead(json)
    : officialTransFusionHead(json);
}

/**
 * Reads a `CenterHead`.
 *
 * @param json The part of the file.
 * @returns The head.
 * @throws {ConfigError} If it is not in the official form.
 */
export function officialCenterHead(json: unknown): CenterHeadConfig {
  const file = readConfig(CENTER_HEAD, json, WHERE);
  const { POST_PROCESSING: post } = file;
  const classes = file.CLASS_NAMES_EACH_HEAD.flat().length;
  return {
    kind: "center",
    groups: file.CLASS_NAMES_EACH_HEAD,
    sharedChannels: file.SHARED_CONV_CHANNEL,
    biasBeforeNorm: file.USE_BIAS_BEFORE_NORM,
    normEps: file.BN_EPS,
    heatmapConvs: file.NUM_HM_CONV,
    branches: file.SEPARATE_HEAD_CFG,
    stride: file.TARGET_ASSIGNER_CONFIG.FEATURE_MAP_STRIDE,
    scoreThreshold: post.SCORE_THRESH,
    centerRange: post.POST_CENTER_LIMIT_RANGE,
    maxObjects: post.MAX_OBJ_PER_SAMPLE,
    ...rectifierOf(post, classes),
    nms: suppressionOf(post.NMS_CONFIG, classes),
  };
}

function suppressionOf(
  file: v.InferOutput<typeof POST>["NMS_CONFIG"],
  classes: number,
): Box3dNmsConfig {
  // All classes together are one list.
  const lists = file.NMS_TYPE === "nms_gpu" ? 1 : classes;
  const { SCORE_THRESH: least } = file;
  return {
    type: file.NMS_TYPE,
    thresholds: valueEach(file.NMS_THRESH, lists, "NMS_THRESH"),
    before: valueEach(file.NMS_PRE_MAXSIZE, lists, "NMS_PRE_MAXSIZE"),
    after: valueEach(file.NMS_POST_MAXSIZE, lists, "NMS_POST_MAXSIZE"),
    ...(least ? { scoreThresholds: valueEach(least, lists, "SCORE_THRESH") } : {}),
  };
}

/**
 * Reads a `TransFusionHead`.
 *
 * @param json The part of the file.
 * @param queryRadius Cells around a proposal that it sees; 20 in the official code.
 * @returns The head.
 * @throws {ConfigError} If it is not in the official form.
 */
export function officialTransFusionHead(
  json: unknown,
  queryRadius = OFFICIAL_RADIUS,
): TransFusionHeadConfig {
  const file = readConfig(TRANSFUSION_HEAD, json, WHERE);
  const { POST_PROCESSING: post, TARGET_ASSIGNER_CONFIG: targets } = file;
  const { NMS_CONFIG: nms } = post;
  return {
    kind: "transfusion",
    classes: file.NUM_CLASSES,
    proposals: file.NUM_PROPOSALS,
    hiddenChannels: file.HIDDEN_CHANNEL,
    heads: file.NUM_HEADS,
    feedForward: file.FFN_CHANNEL,
    activation: file.ACTIVATION,
    nmsKernel: file.NMS_KERNEL_SIZE,
    queryRadius,
    biasBeforeNorm: file.USE_BIAS_BEFORE_NORM,
    heatmapConvs: file.NUM_HM_CONV,
    branches: file.SEPARATE_HEAD_CFG,
    stride: targets.FEATURE_MAP_STRIDE,
    dataset: targets.DATASET,
    scoreThreshold: post.SCORE_THRESH,
    centerRange: post.POST_CENTER_RANGE,
    ...rectifierOf(post, file.NUM_CLASSES),
    nms: {
      before: valueEach(nms.NMS_PRE_MAXSIZE, 1, "NMS_PRE_MAXSIZE")[0] ?? Infinity,
      after: valueEach(nms.NMS_POST_MAXSIZE, 1, "NMS_POST_MAXSIZE")[0] ?? Infinity,
    },
  };
}

function rectifierOf(
  { USE_IOU_TO_RECTIFY_SCORE, IOU_RECTIFIER }: Pick<
    v.InferOutput<typeof POST>,
    "USE_IOU_TO_RECTIFY_SCORE" | "IOU_RECTIFIER"
  >,
  classes: number,
): Pick<CenterHeadConfig, "iouRectifier"> {
  if (!USE_IOU_TO_RECTIFY_SCORE || !IOU_RECTIFIER) return {};
  return { iouRectifier: valueEach(IOU_RECTIFIER, classes, "IOU_RECTIFIER") };
}

/** `count` values, from one for all or one each. */
function valueEach(values: readonly number[], count: number, name: string): readonly number[] {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return Array<number>(count).fill(only);
  if (values.length === count) return values;
  throw new ConfigError(
    `Cannot use the configuration: ${name} of ${WHERE}.POST_PROCESSING has ${values.length} ` +
      `values for ${count === 1 ? "all classes together" : `${count} classes`}. Write one number` +
      `${count === 1 ? "" : " or one for each class"}.`,
  );
}
