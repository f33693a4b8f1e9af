/** The published detectors. */
import type { BevConfig, DsvtConfig, StageConfig, VfeConfig, Xyz } from "./config.ts";
import type { BranchConfig, CenterHeadConfig, TransFusionHeadConfig } from "./head_config.ts";

const branches = (channels: Readonly<Record<string, number>>): BranchConfig[] =>
  Object.entries(channels).map(([name, channels]) => ({ name, channels, convs: 2 }));

/** All published detectors have these levels; nuScenes' maps are half as large. */
const bev = (upsampleStrides: readonly number[]): BevConfig => ({
  blocks: [1, 2, 2],
  strides: [1, 2, 2],
  filters: [128, 128, 256],
  upsampleStrides,
  upsampleFilters: [128, 128, 128],
});

const vfe = (cells: VfeConfig["cells"], width: number): VfeConfig => ({
  cells,
  filters: [width, width],
  absolutePosition: true,
  distance: false,
  norm: true,
});

const WAYMO_CLASSES = ["Vehicle", "Pedestrian", "Cyclist"];

/** Windows of 12 × 12 columns, twice as large and moved by 6 in odd blocks. */
const waymoStage = (
  setSize: number,
  blocks: number,
  height: number,
  stride?: Xyz,
): StageConfig => ({
  ...{ channels: 192, heads: 8, feedForward: 384, setSize, blocks },
  window: [12, 12, height],
  shifts: [[0, 0, 0], [6, 6, 0]],
  ...(stride ? { stride } : {}),
});

const waymoHead: CenterHeadConfig = {
  kind: "center",
  groups: [WAYMO_CLASSES],
  sharedChannels: 64,
  biasBeforeNorm: false,
  heatmapConvs: 2,
  branches: branches({ center: 2, center_z: 1, dim: 3, rot: 2, iou: 1 }),
  stride: 1,
  scoreThreshold: 0.1,
  centerRange: [-80, -80, -10, 80, 80, 10],
  maxObjects: 500,
  iouRectifier: [0.68, 0.71, 0.65],
  nms: {
    type: "multi_class_nms",
    thresholds: [0.7, 0.6, 0.55],
    before: [4096, 4096, 4096],
    after: [500, 500, 500],
  },
};

function waymo(height: number, stages: readonly StageConfig[]): DsvtConfig {
  return {
    classes: WAYMO_CLASSES,
    frame: "waymo",
    features: ["intensity", "elongation"],
    sweeps: 1,
    range: { min: [-74.88, -74.88, -2], max: [74.88, 74.88, 4] },
    maskZ: false,
    voxelSize: [0.32, 0.32, height],
    vfe: vfe("voxel", 192),
    transformer: {
      stages,
      hybridFactor: [2, 2, 1],
      activation: "gelu",
      reduction: "attention",
      normalizePosition: false,
    },
    bev: bev([1, 2, 4]),
    head: waymoHead,
  };
}

const nuscenesHead: TransFusionHeadConfig = {
  ...{ kind: "transfusion", classes: 10, proposals: 200, hiddenChannels: 128, heads: 8 },
  ...{ feedForward: 256, nmsKernel: 3, queryRadius: 20, biasBeforeNorm: false, heatmapConvs: 2 },
  branches: branches({ center: 2, height: 1, dim: 3, rot: 2, vel: 2, iou: 1 }),
  stride: 2,
  dataset: "nuScenes",
  scoreThreshold: 0,
  centerRange: [-61.2, -61.2, -10, 61.2, 61.2, 10],
  iouRectifier: [0.5],
  nms: { before: 1000, after: 100 },
};

/** Where the authors tell of their weights: one has an address, the others come on request. */
export const OFFICIAL_SITE = "https://github.com/Haiyang-W/DSVT";

/** MAX_SWEEPS of nuscenes_dataset.yaml, which the official files for nuScenes inherit. */
export const NUSCENES_SWEEPS = 10;

/** Published detectors by name; the official file of each is named beside it. */
export const CONFIGURATIONS: Readonly<Record<string, DsvtConfig>> = {
  // dsvt_plain_1f_onestage.yaml; dsvt_plain_D512e.yaml and its TensorRT twin are the same network.
  "dsvt-waymo-pillar": waymo(6, [waymoStage(36, 4, 1)]),
  // dsvt_3D_1f_onestage.yaml; dsvt_3D_D512e.yaml is the same network.
  "dsvt-waymo-voxel": waymo(0.1875, [
    waymoStage(48, 1, 32, [1, 1, 4]),
    waymoStage(48, 1, 8, [1, 1, 4]),
    waymoStage(48, 1, 2, [1, 1, 2]),
    waymoStage(48, 1, 1),
  ]),
  // dsvt_plain_1f_onestage_nusences.yaml
  "dsvt-nuscenes-pillar": {
    classes: [
      ...["car", "truck", "construction_vehicle", "bus", "trailer", "barrier", "motorcycle"],
      ...["bicycle", "pedestrian", "traffic_cone"],
    ],
    frame: "nuscenes",
    features: ["intensity", "time"],
    sweeps: NUSCENES_SWEEPS,
    range: { min: [-54, -54, -5], max: [54, 54, 3] },
    maskZ: true,
    voxelSize: [0.3, 0.3, 8],
    vfe: vfe("pillar", 128),
    transformer: {
      stages: [{
        ...{ channels: 128, heads: 8, feedForward: 256, setSize: 90, blocks: 4 },
        window: [30, 30, 1],
        shifts: [[0, 0, 0], [15, 15, 0]],
      }],
      hybridFactor: [1, 1, 1],
      activation: "gelu",
      reduction: "attention",
      normalizePosition: false,
    },
    bev: bev([0.5, 1, 2]),
    head: nuscenesHead,
  },
};
