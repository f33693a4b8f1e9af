/**
 * DSVT: attention among the occupied voxels of a LiDAR scan, for detection of vehicles and people.
 *
 * @module
 */
export type { LidarScan } from "./src/lidar_scan.ts";
export type {
  BevConfig,
  DsvtConfig,
  LidarFrame,
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
export { checkConfig, checkTransformer, ConfigError } from "./src/config_rules.ts";
export { gridOf, stageGrids } from "./src/grid.ts";
