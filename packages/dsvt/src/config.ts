/**
 * DSVT as data. Sources: the configuration files `tools/cfgs/dsvt_models/*.yaml` of the official code
 * (Haiyang-W/DSVT, commit 8cfc2a6f). What follows from the range and the size of a voxel is not
 * stored but derived, see `grid.ts`.
 */
import type { HeadConfig } from "./head_config.ts";
import type { LidarFrame } from "./scan_frames.ts";

/** Three values for x, y and z. */
export type Xyz = readonly [x: number, y: number, z: number];

/** The part of space that is looked at. */
export interface PointRange {
  /** Smallest coordinates. */
  readonly min: Xyz;
  /** Largest coordinates. */
  readonly max: Xyz;
}

/** What a point has beside its position; features that a scan lacks are 0. */
export type PointFeature = "intensity" | "elongation" | "time";

/** `DynPillarVFE` and `DynPillarVFE3D`: features of the points of a cell become one. */
export interface VfeConfig {
  /** Cells are columns whose points may have any height, or voxels. */
  readonly cells: "pillar" | "voxel";
  /** Channels of each layer. */
  readonly filters: readonly number[];
  /** Whether positions themselves are features; USE_ABSLOTE_XYZ. */
  readonly absolutePosition: boolean;
  /** Whether the distance from the origin is one; WITH_DISTANCE. */
  readonly distance: boolean;
  /** Batch norm in place of a bias; USE_NORM. */
  readonly norm: boolean;
}

/** A stage of equal resolution. */
export interface StageConfig {
  /** Channels; d_model. */
  readonly channels: number;
  /** Heads of set attention. */
  readonly heads: number;
  /** Width of the feed-forward layers. */
  readonly feedForward: number;
  /** Most voxels of a set. */
  readonly setSize: number;
  /** DSVT blocks of two layers each. */
  readonly blocks: number;
  /** Cells of a window. */
  readonly window: Xyz;
  /** By how many cells the windows of even and of odd blocks are moved. */
  readonly shifts: readonly [Xyz, Xyz];
  /** Voxels that become one before the next stage; absent in the last one. */
  readonly stride?: Xyz;
}

/** How voxels become one between stages. */
export type Reduction = "attention" | "maxpool" | "linear";

/** The sparse transformer. */
export interface TransformerConfig {
  /** Stages. */
  readonly stages: readonly StageConfig[];
  /** Windows of odd blocks are this many times as large. */
  readonly hybridFactor: Xyz;
  /** Activation of the feed-forward layers; `gelu` is the exact one. */
  readonly activation: "gelu" | "relu";
  /** How voxels become one between stages. */
  readonly reduction: Reduction;
  /** Whether positions in a window are scaled to ±π before they are embedded; false everywhere. */
  readonly normalizePosition: boolean;
}

/** `BaseBEVResBackbone`: residual convolutions at several resolutions seen from above. */
export interface BevConfig {
  /** Blocks of each level after its first one; LAYER_NUMS. */
  readonly blocks: readonly number[];
  /** Stride of each level's first block. */
  readonly strides: readonly number[];
  /** Channels of each level. */
  readonly filters: readonly number[];
  /** Enlargement of each level's result; below 1 it is made smaller. */
  readonly upsampleStrides: readonly number[];
  /** Channels of each level's result. */
  readonly upsampleFilters: readonly number[];
}

/** A detector. */
export interface DsvtConfig {
  /** Names of the classes, in order. */
  readonly classes: readonly string[];
  /** Axes and units that it was trained in. */
  readonly frame: LidarFrame;
  /** What a point has beside its position, in order. */
  readonly features: readonly PointFeature[];
  /** Turns of the sensor that it saw put together, the newest one included; 1 for single ones. */
  readonly sweeps: number;
  /** The part of space that is looked at, in metres. */
  readonly range: PointRange;
  /** Whether points below and above the range are left out before anything else. */
  readonly maskZ: boolean;
  /** Sides of a voxel in metres. */
  readonly voxelSize: Xyz;
  /** From points to voxels. */
  readonly vfe: VfeConfig;
  /** Among voxels. */
  readonly transformer: TransformerConfig;
  /** Seen from above. */
  readonly bev: BevConfig;
  /** From the map to boxes. */
  readonly head: HeadConfig;
  /** Score from which on its boxes are worth a look, where who trained it says so. */
  readonly shownScore?: number | undefined;
}
