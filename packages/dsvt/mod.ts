/**
 * DSVT: attention among the occupied voxels of a LiDAR scan, for detection of vehicles and people.
 *
 * @module
 */
export type { LidarScan } from "./src/lidar_scan.ts";
export type {
  BevConfig,
  DsvtConfig,
  PointFeature,
  PointRange,
  Reduction,
  StageConfig,
  TransformerConfig,
  VfeConfig,
  Xyz,
} from "./src/config.ts";
export type {
  Box3dNmsConfig,
  BranchConfig,
  CenterHeadConfig,
  CenterRange,
  HeadConfig,
  TransFusionHeadConfig,
} from "./src/head_config.ts";
export { CONFIGURATIONS } from "./src/configurations.ts";
export { checkConfig, checkTransformer } from "./src/config_rules.ts";
export { gridOf, stageGrids } from "./src/grid.ts";
export {
  officialBev,
  officialConfig,
  type OfficialInputLayer,
  officialInputLayer,
  type OfficialInputStage,
  officialTransformer,
  officialVfe,
} from "./src/official_config.ts";
export { officialCenterHead, officialHead, officialTransFusionHead } from "./src/official_head.ts";
export { sortedOrder } from "./src/radix_sort.ts";
export { type PointRows, pointRows } from "./src/point_rows.ts";
export { type CellConfig, voxelise, type Voxels } from "./src/voxelise.ts";
export {
  type BlockExtents,
  CrowdedCellError,
  type PointBlock,
  pointBlocks,
  pointWidth,
} from "./src/point_features.ts";
export { DynamicVfe, type PointTensors } from "./src/vfe.ts";
export { PointEncoder } from "./src/point_encoder.ts";
export {
  inputLayer,
  type InputLayerConfig,
  type Pooling,
  type SetPartition,
  type StageInput,
  windowOf,
} from "./src/input_layer.ts";
export { type OfficialSets, officialSets } from "./src/official_sets.ts";
export {
  type DecodeOptions,
  type DetectionHead,
  detectionHead,
  type HeadOutputs,
} from "./src/head.ts";
export { CenterHead, type CenterHeadFrame } from "./src/center_head.ts";
export type { BestPlaces } from "./src/best_places.ts";
export {
  type Proposals,
  TransFusionHead,
  type TransFusionHeadFrame,
} from "./src/transfusion_head.ts";
export { PlaceEmbedding } from "./src/place_embedding.ts";
export { windowPositions } from "./src/window_positions.ts";
export {
  type BlockConfig,
  type BlockStores,
  DsvtBlock,
  type PartitionTensors,
} from "./src/dsvt_block.ts";
export type { PoolingTensors } from "./src/voxel_pooling.ts";
export {
  type StageFeatures,
  type StageTensors,
  VoxelTransformer,
} from "./src/voxel_transformer.ts";
export { capacityFor, type StageCapacity } from "./src/stage_capacity.ts";
export { stageSpecs, type StageStrides, stageTensors, stageValues } from "./src/stage_inputs.ts";
export { type PreparedTransformer, TransformerPlans } from "./src/transformer_plans.ts";
export { BaseBevResBackbone, type BevFeatures } from "./src/bev_backbone.ts";
export {
  nuScenesAttribute,
  type NuScenesResultBox,
  type NuScenesResults,
  nuScenesResults,
  type NuScenesScan,
} from "./src/nuscenes_results.ts";
export { Dsvt } from "./src/model.ts";
export { DsvtPlans, type VoxelisedScan } from "./src/dsvt_plans.ts";
export { dsvt } from "./src/package.ts";
export { describeLidarDetector, type DetectorHint } from "./src/describe.ts";
export {
  LidarDetector,
  type LidarDetectorOptions,
  type LidarRunOptions,
  type RunStage,
} from "./src/lidar_detector.ts";
export { frameChange, type LidarFrame, SCAN_FRAMES, type ScanFrame } from "./src/scan_frames.ts";
export { estimateGround, type Ground, type GroundEstimate, type NoGround } from "./src/ground.ts";
export {
  convertElongation,
  convertIntensity,
  type IntensityScale,
  type IntensityUnit,
  intensityUnit,
} from "./src/intensity.ts";
export {
  aggregateSweeps,
  aggregateWaymoFrames,
  type AggregationOptions,
  type PosedScan,
  type Sweep,
  sweepLags,
  sweepsOfPoses,
} from "./src/sweeps.ts";
export {
  type NuscenesPose,
  type NuscenesSampleData,
  type NuscenesSweep,
  NuscenesSweepFinder,
  type NuscenesTables,
} from "./src/nuscenes_sweeps.ts";
