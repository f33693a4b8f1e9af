/**
 * Configurations in the official form: the files `tools/cfgs/dsvt_models/*.yaml` as JSON, with the keys
 * `CLASS_NAMES`, `DATA_CONFIG` and `MODEL`. What they say twice has to agree.
 */
import { ConfigError, readConfig } from "@vicinity/vision";
import * as v from "valibot";
import type { DsvtConfig, StageConfig, TransformerConfig, Xyz } from "./config.ts";
import { checkConfig, checkTransformer } from "./config_rules.ts";
import { NUSCENES_SWEEPS } from "./configurations.ts";
import { gridOf } from "./grid.ts";
import { officialHead } from "./official_head.ts";
import { type LidarFrame, SCAN_FRAMES } from "./scan_frames.ts";

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(1));
const COUNTS = v.pipe(v.array(COUNT), v.minLength(1));
const NUMBERS = v.pipe(v.array(v.number()), v.minLength(1));
const CELLS = v.tuple([COUNT, COUNT, COUNT]);
const WHOLE = v.pipe(v.number(), v.integer(), v.minValue(0));
const SHIFT = v.tuple([WHOLE, WHOLE, WHOLE]);
const POSITION = v.tuple([v.number(), v.number(), v.number()]);

const VFE = v.object({
  NAME: v.picklist(["DynPillarVFE", "DynPillarVFE3D", "DynamicVoxelVFE"]),
  WITH_DISTANCE: v.boolean(),
  USE_ABSLOTE_XYZ: v.boolean(),
  USE_NORM: v.boolean(),
  NUM_FILTERS: COUNTS,
});

const SETS = v.array(v.tuple([COUNT, COUNT]));

const INPUT_LAYER = v.object({
  sparse_shape: CELLS,
  downsample_stride: v.array(CELLS),
  d_model: COUNTS,
  set_info: SETS,
  window_shape: v.array(CELLS),
  hybrid_factor: CELLS,
  shifts_list: v.array(v.tuple([SHIFT, SHIFT])),
  normalize_pos: v.boolean(),
});

const BACKBONE_3D = v.object({
  INPUT_LAYER: v.unknown(),
  set_info: SETS,
  d_model: COUNTS,
  nhead: COUNTS,
  dim_feedforward: COUNTS,
  activation: v.picklist(["gelu", "relu"]),
  reduction_type: v.optional(v.picklist(["attention", "maxpool", "linear"]), "attention"),
});

const BACKBONE_2D = v.object({
  LAYER_NUMS: v.array(WHOLE),
  LAYER_STRIDES: COUNTS,
  NUM_FILTERS: COUNTS,
  UPSAMPLE_STRIDES: NUMBERS,
  NUM_UPSAMPLE_FILTERS: COUNTS,
});

const PROCESSOR = v.looseObject({ NAME: v.string() });

/** Waymo's frames: the first and the last one, counted from the key frame. */
const SEQUENCE = v.object({
  ENABLED: v.boolean(),
  SAMPLE_OFFSET: v.tuple([v.pipe(v.number(), v.integer()), v.pipe(v.number(), v.integer())]),
});

const FILE = v.object({
  CLASS_NAMES: v.array(v.string()),
  FRAME: v.optional(v.picklist(Object.keys(SCAN_FRAMES) as LidarFrame[])),
  SHOWN_SCORE: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  DATA_CONFIG: v.object({
    DATASET: v.optional(v.string()),
    POINT_CLOUD_RANGE: v.tuple([...POSITION.items, ...POSITION.items]),
    POINT_FEATURE_ENCODING: v.object({
      used_feature_list: v.pipe(
        v.array(v.picklist(["x", "y", "z", "intensity", "elongation", "time", "timestamp"])),
        v.check((names) => names.slice(0, 3).join("") === "xyz", "the first three are x, y and z"),
      ),
    }),
    DATA_PROCESSOR: v.array(PROCESSOR),
    MAX_SWEEPS: v.optional(COUNT),
    SEQUENCE_CONFIG: v.optional(SEQUENCE),
  }),
  MODEL: v.object({
    VFE,
    BACKBONE_3D,
    MAP_TO_BEV: v.object({ INPUT_SHAPE: CELLS }),
    BACKBONE_2D,
    DENSE_HEAD: v.unknown(),
  }),
});

/**
 * Reads `MODEL.VFE`.
 *
 * @param json The part of the file.
 * @returns The same as data.
 * @throws {ConfigError} If it is not in the official form.
 */
export function officialVfe(json: unknown): DsvtConfig["vfe"] {
  const file = readConfig(VFE, json, "MODEL.VFE");
  return {
    cells: file.NAME === "DynPillarVFE" ? "pillar" : "voxel",
    filters: file.NUM_FILTERS,
    absolutePosition: file.USE_ABSLOTE_XYZ,
    distance: file.WITH_DISTANCE,
    norm: file.USE_NORM,
  };
}

/** What the input layer knows of a stage. */
export type OfficialInputStage = Pick<
  StageConfig,
  "channels" | "setSize" | "blocks" | "window" | "shifts" | "stride"
>;

/** The part of the transformer that sorts voxels. */
export interface OfficialInputLayer
  extends Pick<TransformerConfig, "hybridFactor" | "normalizePosition"> {
  /** Stages. */
  readonly stages: readonly OfficialInputStage[];
  /** Cells of the first one. */
  readonly grid: Xyz;
}

/**
 * Reads `MODEL.BACKBONE_3D.INPUT_LAYER`.
 *
 * @param json The part of the file.
 * @returns Windows, sets and strides of the stages.
 * @throws {ConfigError} If it is not in the official form.
 */
export function officialInputLayer(json: unknown): OfficialInputLayer {
  const file = readConfig(INPUT_LAYER, json, "MODEL.BACKBONE_3D.INPUT_LAYER");
  const { set_info, window_shape, shifts_list } = file;
  requireOneEach(file.d_model.length, { set_info, window_shape, shifts_list });
  return {
    grid: file.sparse_shape,
    hybridFactor: file.hybrid_factor,
    normalizePosition: file.normalize_pos,
    stages: file.d_model.map((channels, stage) => {
      const [setSize = 1, blocks = 1] = set_info[stage] ?? [];
      const stride = file.downsample_stride[stage];
      return {
        channels,
        setSize,
        blocks,
        window: window_shape[stage] ?? [1, 1, 1],
        shifts: shifts_list[stage] ?? [[0, 0, 0], [0, 0, 0]],
        ...(stride ? { stride } : {}),
      };
    }),
  };
}

function requireOneEach(stages: number, lists: Readonly<Record<string, readonly unknown[]>>): void {
  for (const [name, { length }] of Object.entries(lists)) {
    if (length === stages) continue;
    throw new ConfigError(
      `Cannot use the configuration: ${name} has ${length} entries and d_model ${stages}. ` +
        "Give one for each stage.",
    );
  }
}

/**
 * Reads `MODEL.BACKBONE_3D`.
 *
 * @param json The part of the file.
 * @returns The stages, and the grid of the first one.
 * @throws {ConfigError} If it is not in the official form or contradicts itself.
 */
export function officialTransformer(
  json: unknown,
): { readonly transformer: TransformerConfig; readonly grid: Xyz } {
  const file = readConfig(BACKBONE_3D, json, "MODEL.BACKBONE_3D");
  const { grid, stages, ...input } = officialInputLayer(file.INPUT_LAYER);
  const { set_info, d_model, nhead, dim_feedforward } = file;
  requireOneEach(d_model.length, { set_info, nhead, dim_feedforward });
  const repeated = [
    d_model,
    ...set_info,
  ].join() === [
    stages.map(({ channels }) => channels),
    ...stages.map((stage) => [stage.setSize, stage.blocks]),
  ].join();
  if (!repeated) {
    throw new ConfigError(
      "Cannot use the configuration: d_model or set_info of BACKBONE_3D and of its INPUT_LAYER " +
        "differ. Write the same in both places.",
    );
  }
  const transformer: TransformerConfig = {
    ...input,
    stages: stages.map((stage, index) => ({
      ...stage,
      heads: nhead[index] ?? 1,
      feedForward: dim_feedforward[index] ?? stage.channels,
    })),
    activation: file.activation,
    reduction: file.reduction_type,
  };
  checkTransformer(transformer, grid);
  return { transformer, grid };
}

/**
 * Reads `MODEL.BACKBONE_2D`.
 *
 * @param json The part of the file.
 * @returns The same as data.
 * @throws {ConfigError} If it is not in the official form.
 */
export function officialBev(json: unknown): DsvtConfig["bev"] {
  const file = readConfig(BACKBONE_2D, json, "MODEL.BACKBONE_2D");
  return {
    blocks: file.LAYER_NUMS,
    strides: file.LAYER_STRIDES,
    filters: file.NUM_FILTERS,
    upsampleStrides: file.UPSAMPLE_STRIDES,
    upsampleFilters: file.NUM_UPSAMPLE_FILTERS,
  };
}

/**
 * Reads a whole file.
 *
 * @param json The file, from YAML or JSON, with inherited parts of `DATA_CONFIG` filled in. `FRAME` may
 * name the sensor's axes and units; it follows from the data set's name when absent. `SHOWN_SCORE` may
 * say from which score on boxes are worth a look.
 * @returns The detector.
 * @throws {ConfigError} If it is not in the official form, or values contradict each other.
 */
export function officialConfig(json: unknown): DsvtConfig {
  const { CLASS_NAMES: classes, FRAME, SHOWN_SCORE, DATA_CONFIG: data, MODEL } = readConfig(
    FILE,
    json,
    "",
  );
  const [minX, minY, minZ, maxX, maxY, maxZ] = data.POINT_CLOUD_RANGE;
  const { transformer, grid } = officialTransformer(MODEL.BACKBONE_3D);
  const config: DsvtConfig = {
    classes,
    frame: FRAME ?? frameOf(data.DATASET),
    features: data.POINT_FEATURE_ENCODING.used_feature_list.flatMap((name) => {
      if (name === "x" || name === "y" || name === "z") return [];
      return [name === "timestamp" ? "time" : name];
    }),
    sweeps: sweepsOf(data),
    range: { min: [minX, minY, minZ], max: [maxX, maxY, maxZ] },
    maskZ: data.DATA_PROCESSOR.some((step) => step["MASK_Z"] === true),
    voxelSize: voxelSizeOf(data.DATA_PROCESSOR),
    vfe: officialVfe(MODEL.VFE),
    transformer,
    bev: officialBev(MODEL.BACKBONE_2D),
    head: officialHead(MODEL.DENSE_HEAD),
    ...(SHOWN_SCORE === undefined ? {} : { shownScore: SHOWN_SCORE }),
  };
  const derived = gridOf(config);
  if (grid.join() !== derived.join()) {
    throw new ConfigError(
      `Cannot use the configuration: sparse_shape is [${grid}], but the range has [${derived}] ` +
        `voxels of [${config.voxelSize}]. Write sparse_shape [${derived}].`,
    );
  }
  const { INPUT_SHAPE: shape } = MODEL.MAP_TO_BEV;
  if (shape.join() !== [derived[0], derived[1], 1].join()) {
    throw new ConfigError(
      `Cannot use the configuration: MAP_TO_BEV.INPUT_SHAPE is [${shape}], the map has ` +
        `${derived[0]} x ${derived[1]} places. Write INPUT_SHAPE [${derived[0]}, ${
          derived[1]
        }, 1].`,
    );
  }
  checkConfig(config);
  return config;
}

function sweepsOf(data: v.InferOutput<typeof FILE>["DATA_CONFIG"]): number {
  const { MAX_SWEEPS, SEQUENCE_CONFIG: sequence, DATASET, POINT_FEATURE_ENCODING } = data;
  if (MAX_SWEEPS !== undefined) return MAX_SWEEPS;
  if (sequence?.ENABLED) return Math.max(1, 1 - sequence.SAMPLE_OFFSET[0]);
  const times = ["time", "timestamp"];
  const hasTime = POINT_FEATURE_ENCODING.used_feature_list.some((name) => times.includes(name));
  return hasTime && frameOf(DATASET) === "nuscenes" ? NUSCENES_SWEEPS : 1;
}

function voxelSizeOf(steps: readonly v.InferOutput<typeof PROCESSOR>[]): Xyz {
  const sizes = steps.flatMap((step) => step["VOXEL_SIZE"] === undefined ? [] : step["VOXEL_SIZE"]);
  return readConfig(POSITION, sizes, "DATA_CONFIG.DATA_PROCESSOR.VOXEL_SIZE");
}

function frameOf(dataset = ""): LidarFrame {
  if (/nuscenes/i.test(dataset)) return "nuscenes";
  if (/kitti/i.test(dataset)) return "kitti";
  return "waymo";
}
