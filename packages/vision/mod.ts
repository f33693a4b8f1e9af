/**
 * What vision models share: resizing rules, boxes, heads for segmentation and detection.
 *
 * @module
 */
export {
  type PicturePart,
  pillowResize,
  pillowResizePart,
  type RgbPicture,
} from "./src/pillow_resize.ts";
export { requirePixels } from "./src/require_pixels.ts";
export { cvResize } from "./src/cv_resize.ts";
export {
  type ClassificationOptions,
  denseExtent,
  type DenseInput,
  type DenseOptions,
  type DetectionInput,
  type NetworkInput,
  preprocessClassification,
  preprocessDense,
  preprocessDetection,
  preprocessShortestEdge,
} from "./src/preprocess.ts";
export { decodeBoxes, type DecodeOptions } from "./src/boxes.ts";
export { nms, type NmsOptions } from "./src/nms.ts";
export {
  CLASS_LISTS,
  classesOf,
  type ClassInfo,
  IMAGENET_NAMES,
  type Rgb,
  vocColor,
} from "./src/classes.ts";
export { FusedMlp, type FusedMlpConfig } from "./src/fused_mlp.ts";
export { Conv2d, DepthwiseConv2d, LayerNorm, Linear } from "./src/layers.ts";
export { pickColumns, pickRows } from "./src/picks.ts";
export { ConvModule, type ConvModuleConfig } from "./src/conv_module.ts";
export { type FoldedNorm, foldedNorm } from "./src/batch_norm.ts";
export { FoldedConv, type FoldedConvConfig, type FoldedConvOptions } from "./src/folded_conv.ts";
export { type SemanticFpnConfig, SemanticFpnHead } from "./src/semantic_fpn.ts";
export { bilinear } from "./src/bilinear.ts";
export { type Pyramid, type UperNetConfig, UperNetHead } from "./src/upernet.ts";
export {
  type Band,
  labelPixels,
  type Looks,
  type PartScores,
  type PixelLabels,
} from "./src/semantic/label_pixels.ts";
export { IMAGENET, networkInput, type Statistics } from "./src/semantic/network_input.ts";
export {
  looksAt,
  type PixelScorer,
  type SegmenterRecipe,
  type SegmentOptions,
  type SegmentResult,
  SemanticSegmenter,
} from "./src/semantic/semantic_segmenter.ts";
export {
  type Extent,
  fittedSize,
  type Look,
  type LookOptions,
  type Part,
  planLooks,
  resizedFor,
  type ScoreTables,
  scoreTables,
  type SlidingWindow,
} from "./src/semantic/views.ts";
export type {
  AnchorConfig,
  BoxHeadConfig,
  DetectionConfig,
  MaskHeadConfig,
  NeckConfig,
  ProposalConfig,
  RetinaNetConfig,
  RoiConfig,
  RpnConfig,
  TwoStageConfig,
} from "./src/detection/config.ts";
export { detectorConfigIn, type StoredDetector } from "./src/detection/config_schema.ts";
export { type AnchorPlaces, anchorsOf, placedAnchors } from "./src/detection/anchors.ts";
export { BoxHead, type HeadExtents } from "./src/detection/box_head.ts";
export { Fpn } from "./src/detection/fpn.ts";
export { MaskHead } from "./src/detection/mask_head.ts";
export {
  type PastedMask,
  type PastedValues,
  pasteMask,
  pasteValues,
  type PhotoSize,
  type Region,
  type SoftMask,
} from "./src/detection/mask_paste.ts";
export {
  type RetinaCandidates,
  RetinaHead,
  type RetinaLevel,
} from "./src/detection/retina_head.ts";
export {
  type ClassBox,
  type ReadCandidates,
  retinaDetections,
  type RetinaFrame,
} from "./src/detection/retina_detections.ts";
export { RetinaNet, type RetinaNetOutput } from "./src/detection/retinanet.ts";
export { type Proposals, RpnHead, type RpnLevel } from "./src/detection/rpn_head.ts";
export {
  type BoxStage,
  type DetectionFrame,
  type DetectionTensors,
  TwoStageDetector,
  type TwoStageOutput,
} from "./src/detection/two_stage.ts";
export { NOTHING } from "./src/kernels/move_boxes.ts";
export { clearOutside, type MapExtent, patches } from "./src/ops/patches.ts";
export { roiAlign, type RoiAlignOptions } from "./src/ops/roi_align.ts";
export { rowsOfNumbers } from "./src/ops/class_masks.ts";
export { suppress } from "./src/ops/suppress.ts";
export { topDown } from "./src/ops/top_down.ts";
export { type MaskRegion, maskRegions } from "./src/masks/mask_regions.ts";
export { maskPolygons, type Polygon, type Ring } from "./src/masks/polygons.ts";
export { decodeRle, encodeRle, type Rle } from "./src/masks/rle.ts";
export type { Box3d, ScoredBox3d } from "./src/boxes3d/box3d.ts";
export {
  type ComparedMask,
  countPixels,
  f1Score,
  iouScore,
  type PixelCounts,
  reversedCounts,
  type ScoreCurve,
  scoreCurve,
} from "./src/metrics/pixel_metrics.ts";
export { corners3d, footprint } from "./src/boxes3d/corners.ts";
export { bevIou, bevOverlap, iou3d, type OverlapRule } from "./src/boxes3d/overlap.ts";
export {
  IDENTITY4,
  inverse4,
  type Matrix4,
  matrixOfPose,
  multiply4,
  parseMatrix4,
  type Pose,
} from "./src/boxes3d/matrix4.ts";
export { transformBox, transformPositions } from "./src/boxes3d/transform.ts";
export { rotatedNms, type RotatedNmsOptions } from "./src/boxes3d/rotated_nms.ts";
export type { EvaluationSample, FoundBox, TrueBox } from "./src/evaluation3d/samples.ts";
export {
  CENTER_DISTANCES,
  type CenterDistanceOptions,
  type CenterDistanceResult,
  evaluateCenterDistance,
} from "./src/evaluation3d/center_distance.ts";
export {
  evaluateNuScenes,
  NUSCENES_RANGES,
  type NuScenesClass,
  type NuScenesClassResult,
  type NuScenesError,
  type NuScenesFound,
  type NuScenesResult,
  type NuScenesSample,
  type NuScenesTruth,
} from "./src/evaluation3d/nuscenes.ts";
export {
  evaluateKitti,
  type ImageBox,
  KITTI_OVERLAPS,
  type KittiDifficulty,
  type KittiFound,
  type KittiMetric,
  type KittiOptions,
  type KittiResult,
  type KittiTruth,
} from "./src/evaluation3d/kitti.ts";
export {
  evaluateWaymo,
  WAYMO_OVERLAPS,
  WAYMO_RANGES,
  type WaymoFound,
  type WaymoLevel,
  type WaymoOptions,
  type WaymoRange,
  type WaymoResult,
  type WaymoTruth,
} from "./src/evaluation3d/waymo.ts";
export { parseBoxLabels } from "./src/evaluation3d/box_labels.ts";
export { type KittiCamera, parseKittiLabels } from "./src/evaluation3d/kitti_labels.ts";
export { LabelError } from "./src/evaluation3d/label_error.ts";
export { classOfLabel } from "./src/evaluation3d/label_names.ts";
export {
  classNames,
  configIn,
  type ModelLoader,
  type ModelOptions,
  published,
  rowsOf,
  withNames,
} from "./src/models/checkpoint_facts.ts";
export {
  ConfigError,
  type ConfigIssue,
  type ConfigResult,
  type ConfigSchema,
  readConfig,
} from "./src/models/config_schema.ts";
export {
  describedBy,
  type ModelKind,
  modelKind,
  type ModelKindParts,
  type ModelPackage,
  type OfficialModel,
  officialModel,
  type PublishedModel,
  withAbility,
} from "./src/models/model_package.ts";
export type { FramesToEnlarge, Planner, Room, WorkPlan } from "./src/models/work_plan.ts";
export {
  type RecognisedModel,
  recogniseModels,
  type Recognition,
} from "./src/models/recognise_models.ts";
export { type DetectOptions, Detector, type DetectorFacts } from "./src/models/detector.ts";
export {
  type Detection,
  type DetectorNetwork,
  type HostFrame,
  type RecordedDetection,
  recordedRetinaNet,
  recordedTwoStage,
} from "./src/models/detector_network.ts";
export {
  type ClassifierFacts,
  ImageClassifier,
  type ScoredClass,
} from "./src/models/image_classifier.ts";
export { Segmenter, type SegmenterFacts } from "./src/models/segmenter.ts";
export { Turns } from "./src/models/turns.ts";
