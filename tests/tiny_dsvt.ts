/** A detector with every part of the shipped one, in a few thousand numbers, in the official form. */

const CLASSES = ["Vehicle", "Pedestrian", "Cyclist"];
const RANGE = [-12.8, -12.8, -2, 12.8, 12.8, 4];
const GRID = [64, 64, 1];
const WIDTH = 16;
const SETS = [[36, 1]];
const BRANCHES = { center: 2, center_z: 1, dim: 3, rot: 2, iou: 1 };

/** The configuration, as the authors' files have it. */
export const TINY_DSVT = {
  CLASS_NAMES: CLASSES,
  FRAME: "waymo",
  DATA_CONFIG: {
    POINT_CLOUD_RANGE: RANGE,
    POINT_FEATURE_ENCODING: { used_feature_list: ["x", "y", "z", "intensity"] },
    DATA_PROCESSOR: [
      { NAME: "mask_points_and_boxes_outside_range", MASK_Z: false },
      { NAME: "transform_points_to_voxels_placeholder", VOXEL_SIZE: [0.4, 0.4, 6] },
    ],
  },
  MODEL: {
    NAME: "CenterPoint",
    VFE: {
      NAME: "DynPillarVFE3D",
      WITH_DISTANCE: false,
      USE_ABSLOTE_XYZ: false,
      USE_NORM: true,
      NUM_FILTERS: [16, WIDTH],
    },
    BACKBONE_3D: {
      NAME: "DSVT",
      INPUT_LAYER: {
        sparse_shape: GRID,
        downsample_stride: [],
        d_model: [WIDTH],
        set_info: SETS,
        window_shape: [[12, 12, 1]],
        hybrid_factor: [2, 2, 1],
        shifts_list: [[[0, 0, 0], [6, 6, 0]]],
        normalize_pos: false,
      },
      block_name: ["DSVTBlock"],
      set_info: SETS,
      d_model: [WIDTH],
      nhead: [2],
      dim_feedforward: [2 * WIDTH],
      dropout: 0,
      activation: "gelu",
      reduction_type: "attention",
      output_shape: GRID.slice(0, 2),
      conv_out_channel: WIDTH,
    },
    MAP_TO_BEV: { NAME: "PointPillarScatter3d", INPUT_SHAPE: GRID, NUM_BEV_FEATURES: WIDTH },
    BACKBONE_2D: {
      NAME: "BaseBEVResBackbone",
      LAYER_NUMS: [0, 1],
      LAYER_STRIDES: [2, 2],
      NUM_FILTERS: [16, 16],
      UPSAMPLE_STRIDES: [1, 2],
      NUM_UPSAMPLE_FILTERS: [16, 16],
    },
    DENSE_HEAD: {
      NAME: "CenterHead",
      CLASS_AGNOSTIC: false,
      CLASS_NAMES_EACH_HEAD: [CLASSES],
      SHARED_CONV_CHANNEL: 16,
      USE_BIAS_BEFORE_NORM: false,
      NUM_HM_CONV: 2,
      BN_EPS: 0.001,
      BN_MOM: 0.01,
      SEPARATE_HEAD_CFG: {
        HEAD_ORDER: ["center", "center_z", "dim", "rot"],
        HEAD_DICT: Object.fromEntries(
          Object.entries(BRANCHES).map(([name, out_channels]) => [name, {
            out_channels,
            num_conv: 2,
          }]),
        ),
      },
      TARGET_ASSIGNER_CONFIG: {
        FEATURE_MAP_STRIDE: 2,
        NUM_MAX_OBJS: 500,
        GAUSSIAN_OVERLAP: 0.1,
        MIN_RADIUS: 2,
      },
      IOU_REG_LOSS: true,
      LOSS_CONFIG: {
        LOSS_WEIGHTS: { cls_weight: 1, loc_weight: 2, code_weights: Array(8).fill(1) },
      },
      POST_PROCESSING: {
        SCORE_THRESH: 0.1,
        POST_CENTER_LIMIT_RANGE: [-12.8, -12.8, -5, 12.8, 12.8, 5],
        MAX_OBJ_PER_SAMPLE: 50,
        USE_IOU_TO_RECTIFY_SCORE: true,
        IOU_RECTIFIER: [0.5, 0.5, 0.5],
        NMS_CONFIG: {
          NMS_TYPE: "class_specific_nms",
          NMS_THRESH: [0.2, 0.2, 0.2],
          NMS_PRE_MAXSIZE: [100, 100, 100],
          NMS_POST_MAXSIZE: [20, 20, 20],
        },
      },
    },
  },
};

/** The same for three sweeps put together, in the axes and units of nuScenes. */
export const TINY_DSVT_OF_SWEEPS = {
  ...TINY_DSVT,
  FRAME: "nuscenes",
  DATA_CONFIG: {
    ...TINY_DSVT.DATA_CONFIG,
    POINT_FEATURE_ENCODING: { used_feature_list: ["x", "y", "z", "intensity", "timestamp"] },
    MAX_SWEEPS: 3,
  },
};
