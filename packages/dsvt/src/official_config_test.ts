import assert from "node:assert/strict";
import { ConfigError } from "@vicinity/vision";
import { CONFIGURATIONS } from "./configurations.ts";
import { officialConfig } from "./official_config.ts";

/** The official file of the voxel detector on Waymo, as far as a detector needs it. */
function waymoVoxelFile() {
  const stages = (value: unknown) => [value, value, value, value];
  const sets = stages([48, 1]);
  const widths = stages(192);
  const twoConvs = (out_channels: number) => ({ out_channels, num_conv: 2 });
  return {
    CLASS_NAMES: ["Vehicle", "Pedestrian", "Cyclist"],
    DATA_CONFIG: {
      DATASET: "WaymoDataset",
      POINT_CLOUD_RANGE: [-74.88, -74.88, -2, 74.88, 74.88, 4],
      POINT_FEATURE_ENCODING: {
        used_feature_list: ["x", "y", "z", "intensity", "elongation"],
        src_feature_list: ["x", "y", "z", "intensity", "elongation"],
      },
      DATA_PROCESSOR: [
        { NAME: "mask_points_and_boxes_outside_range", REMOVE_OUTSIDE_BOXES: true },
        { NAME: "transform_points_to_voxels_placeholder", VOXEL_SIZE: [0.32, 0.32, 0.1875] },
      ],
    },
    MODEL: {
      NAME: "CenterPoint",
      VFE: {
        NAME: "DynPillarVFE3D",
        WITH_DISTANCE: false,
        USE_ABSLOTE_XYZ: true,
        USE_NORM: true,
        NUM_FILTERS: [192, 192],
      },
      BACKBONE_3D: {
        NAME: "DSVT",
        INPUT_LAYER: {
          sparse_shape: [468, 468, 32],
          downsample_stride: [[1, 1, 4], [1, 1, 4], [1, 1, 2]],
          d_model: widths,
          set_info: sets,
          window_shape: [[12, 12, 32], [12, 12, 8], [12, 12, 2], [12, 12, 1]],
          hybrid_factor: [2, 2, 1],
          shifts_list: stages([[0, 0, 0], [6, 6, 0]]),
          normalize_pos: false,
        },
        set_info: sets,
        d_model: widths,
        nhead: stages(8),
        dim_feedforward: stages(384),
        activation: "gelu",
      },
      MAP_TO_BEV: { INPUT_SHAPE: [468, 468, 1] },
      BACKBONE_2D: {
        LAYER_NUMS: [1, 2, 2],
        LAYER_STRIDES: [1, 2, 2],
        NUM_FILTERS: [128, 128, 256],
        UPSAMPLE_STRIDES: [1, 2, 4],
        NUM_UPSAMPLE_FILTERS: [128, 128, 128],
      },
      DENSE_HEAD: {
        NAME: "CenterHead",
        CLASS_NAMES_EACH_HEAD: [["Vehicle", "Pedestrian", "Cyclist"]],
        SHARED_CONV_CHANNEL: 64,
        USE_BIAS_BEFORE_NORM: false,
        NUM_HM_CONV: 2,
        BN_EPS: 0.001,
        SEPARATE_HEAD_CFG: {
          HEAD_DICT: {
            center: twoConvs(2),
            center_z: twoConvs(1),
            dim: twoConvs(3),
            rot: twoConvs(2),
            iou: twoConvs(1),
          },
        },
        TARGET_ASSIGNER_CONFIG: { FEATURE_MAP_STRIDE: 1 },
        POST_PROCESSING: {
          SCORE_THRESH: 0.1,
          POST_CENTER_LIMIT_RANGE: [-80, -80, -10, 80, 80, 10],
          MAX_OBJ_PER_SAMPLE: 500,
          USE_IOU_TO_RECTIFY_SCORE: true,
          IOU_RECTIFIER: [0.68, 0.71, 0.65],
          NMS_CONFIG: {
            NMS_TYPE: "multi_class_nms",
            NMS_THRESH: [0.7, 0.6, 0.55],
            NMS_PRE_MAXSIZE: [4096, 4096, 4096],
            NMS_POST_MAXSIZE: [500, 500, 500],
          },
        },
      },
    },
  };
}

Deno.test("an official file is the published configuration", () => {
  const { head, ...rest } = officialConfig(waymoVoxelFile());
  const { head: publishedHead, ...published } = CONFIGURATIONS["dsvt-waymo-voxel"] ?? {};
  assert.deepEqual(rest, published);
  assert.deepEqual(head, { ...publishedHead, normEps: 0.001 });
});

Deno.test("one value of suppression stands for all classes", () => {
  const file = waymoVoxelFile();
  Object.assign(file.MODEL.DENSE_HEAD.POST_PROCESSING, {
    IOU_RECTIFIER: 0.5,
    NMS_CONFIG: {
      NMS_TYPE: "class_specific_nms",
      NMS_THRESH: 0.2,
      NMS_PRE_MAXSIZE: 1000,
      NMS_POST_MAXSIZE: [200],
      SCORE_THRESH: 0.3,
    },
  });
  const { head } = officialConfig(file);
  assert(head.kind === "center");
  const each = (value: number) => [value, value, value];
  assert.deepEqual(head.iouRectifier, each(0.5));
  assert.deepEqual(head.nms, {
    type: "class_specific_nms",
    thresholds: each(0.2),
    before: each(1000),
    after: each(200),
    scoreThresholds: each(0.3),
  });
  const together = { NMS_THRESH: 0.2, NMS_PRE_MAXSIZE: 1000, NMS_POST_MAXSIZE: 200 };
  file.MODEL.DENSE_HEAD.POST_PROCESSING.NMS_CONFIG = Object.assign(
    { ...file.MODEL.DENSE_HEAD.POST_PROCESSING.NMS_CONFIG, NMS_TYPE: "nms_gpu" },
    together,
  );
  const { head: other } = officialConfig(file);
  assert(other.kind === "center");
  assert.deepEqual(other.nms.thresholds, [0.2]);
});

/** What a user may have changed, and what is said of it. */
const FAULTS:
  readonly (readonly [change: (file: ReturnType<typeof waymoVoxelFile>) => void, RegExp])[] = [
    [
      ({ DATA_CONFIG }) => DATA_CONFIG.POINT_CLOUD_RANGE.splice(3, 1, 75.52),
      /sparse_shape is \[468,468,32\], but the range has \[470,468,32\] .* Write sparse_shape \[470,468,32\]/,
    ],
    [
      ({ MODEL }) => MODEL.MAP_TO_BEV.INPUT_SHAPE.splice(2, 1, 32),
      /INPUT_SHAPE is \[468,468,32\], the map has 468 x 468 places/,
    ],
    [
      ({ MODEL }) => MODEL.BACKBONE_3D.nhead.pop(),
      /nhead has 3 entries and d_model 4/,
    ],
    [
      ({ MODEL }) => MODEL.BACKBONE_3D.d_model = [192, 192, 192, 128],
      /d_model or set_info of BACKBONE_3D and of its INPUT_LAYER differ/,
    ],
    [
      ({ MODEL }) => Object.assign(MODEL.VFE, { NUM_FILTERS: [] }),
      /MODEL\.VFE\.NUM_FILTERS: .*length/,
    ],
    [
      ({ MODEL }) => Object.assign(MODEL.DENSE_HEAD, { NAME: "AnchorHead" }),
      /MODEL\.DENSE_HEAD\.NAME: .*AnchorHead/,
    ],
    [
      ({ MODEL }) => MODEL.DENSE_HEAD.POST_PROCESSING.NMS_CONFIG.NMS_THRESH.pop(),
      /NMS_THRESH of MODEL\.DENSE_HEAD\.POST_PROCESSING has 2 values for 3 classes/,
    ],
    [
      ({ MODEL }) => MODEL.DENSE_HEAD.POST_PROCESSING.IOU_RECTIFIER.push(1),
      /IOU_RECTIFIER .* has 4 values for 3 classes/,
    ],
    [
      ({ MODEL }) => MODEL.DENSE_HEAD.POST_PROCESSING.NMS_CONFIG.NMS_TYPE = "nms_gpu",
      /NMS_THRESH .* has 3 values for all classes together\. Write one number\./,
    ],
    [
      ({ DATA_CONFIG }) => DATA_CONFIG.DATA_PROCESSOR.pop(),
      /DATA_PROCESSOR\.VOXEL_SIZE/,
    ],
  ];

Deno.test("a file may say from which score on its boxes are worth a look", () => {
  const file = waymoVoxelFile();
  assert.equal(officialConfig(file).shownScore, undefined);
  assert.equal(officialConfig({ ...file, SHOWN_SCORE: 0.4 }).shownScore, 0.4);
  assert.throws(() => officialConfig({ ...file, SHOWN_SCORE: 4 }), ConfigError);
});

Deno.test("a file says how many sweeps were put together", () => {
  const file = waymoVoxelFile();
  const sweeps = (more: object, features: readonly string[] = []) => {
    const { POINT_FEATURE_ENCODING: { used_feature_list } } = file.DATA_CONFIG;
    const encoding = { used_feature_list: [...used_feature_list, ...features] };
    const data = { ...file.DATA_CONFIG, POINT_FEATURE_ENCODING: encoding, ...more };
    return officialConfig({ ...file, DATA_CONFIG: data }).sweeps;
  };
  assert.equal(sweeps({}), 1);
  assert.equal(sweeps({ MAX_SWEEPS: 5 }, ["timestamp"]), 5);
  assert.equal(sweeps({ DATASET: "NuScenesDataset" }, ["timestamp"]), 10);
  assert.equal(sweeps({ SEQUENCE_CONFIG: { ENABLED: true, SAMPLE_OFFSET: [-3, 0] } }), 4);
  assert.equal(sweeps({ SEQUENCE_CONFIG: { ENABLED: false, SAMPLE_OFFSET: [-3, 0] } }), 1);
});

Deno.test("an official file whose values do not agree is refused with what to write", () => {
  for (const [change, message] of FAULTS) {
    const file = structuredClone(waymoVoxelFile());
    change(file);
    assert.throws(() => officialConfig(file), (error) => {
      assert(error instanceof ConfigError);
      assert.match(error.message, message);
      return true;
    });
  }
});
