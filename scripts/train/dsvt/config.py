"""The network of dsvt-mini in the authors' terms (the keys of their yaml files), and where files lie."""

from common.paths import CACHE, MODELS

from .shapes import CLASSES
from .voxels import grid_of

MODEL_FILE = MODELS / "dsvt-mini" / "model.safetensors"
TRAIN_FOLDER = CACHE / "dsvt"
VOXEL_SIZE = [0.32, 0.32, 6]
HEIGHTS = [-2, 4]
FEATURE_STRIDE = 2
REACH = 51.2
# Trainings see pieces of scans: the network looks the same everywhere, and a piece costs less than a scan.
CROP = 61.44
WIDTH = 48
BLOCKS = 2


def extent_of(half):
    """[x, y, z of the low corner, of the high corner] of a square map."""
    return [-half, -half, HEIGHTS[0], half, half, HEIGHTS[1]]


def model_config(extent):
    """The section MODEL of the authors' configuration for a map."""
    grid = [int(count) for count in grid_of(extent, VOXEL_SIZE)]
    branches = {"center": 2, "center_z": 1, "dim": 3, "rot": 2, "iou": 1}
    return {
        "NAME": "CenterPoint",
        "VFE": {
            "NAME": "DynPillarVFE3D",
            "WITH_DISTANCE": False,
            "USE_ABSLOTE_XYZ": False,
            "USE_NORM": True,
            "NUM_FILTERS": [32, WIDTH],
        },
        "BACKBONE_3D": {
            "NAME": "DSVT",
            "INPUT_LAYER": {
                "sparse_shape": grid,
                "downsample_stride": [],
                "d_model": [WIDTH],
                "set_info": [[36, BLOCKS]],
                "window_shape": [[12, 12, 1]],
                "hybrid_factor": [2, 2, 1],
                "shifts_list": [[[0, 0, 0], [6, 6, 0]]],
                "normalize_pos": False,
            },
            "block_name": ["DSVTBlock"],
            "set_info": [[36, BLOCKS]],
            "d_model": [WIDTH],
            "nhead": [4],
            "dim_feedforward": [2 * WIDTH],
            "dropout": 0.0,
            "activation": "gelu",
            "reduction_type": "attention",
            "output_shape": grid[:2],
            "conv_out_channel": WIDTH,
        },
        "MAP_TO_BEV": {"NAME": "PointPillarScatter3d", "INPUT_SHAPE": grid, "NUM_BEV_FEATURES": WIDTH},
        "BACKBONE_2D": {
            "NAME": "BaseBEVResBackbone",
            "LAYER_NUMS": [0, 1, 1],
            "LAYER_STRIDES": [2, 2, 2],
            "NUM_FILTERS": [48, 64, 96],
            "UPSAMPLE_STRIDES": [1, 2, 4],
            "NUM_UPSAMPLE_FILTERS": [32, 32, 32],
        },
        "DENSE_HEAD": {
            "NAME": "CenterHead",
            "CLASS_AGNOSTIC": False,
            "CLASS_NAMES_EACH_HEAD": [list(CLASSES)],
            "SHARED_CONV_CHANNEL": 48,
            "USE_BIAS_BEFORE_NORM": False,
            "NUM_HM_CONV": 2,
            "BN_EPS": 0.001,
            "BN_MOM": 0.01,
            "SEPARATE_HEAD_CFG": {
                "HEAD_ORDER": ["center", "center_z", "dim", "rot"],
                "HEAD_DICT": {name: {"out_channels": count, "num_conv": 2} for name, count in branches.items()},
            },
            "TARGET_ASSIGNER_CONFIG": {
                "FEATURE_MAP_STRIDE": FEATURE_STRIDE,
                "NUM_MAX_OBJS": 500,
                "GAUSSIAN_OVERLAP": 0.1,
                "MIN_RADIUS": 2,
            },
            "IOU_REG_LOSS": True,
            "LOSS_CONFIG": {"LOSS_WEIGHTS": {"cls_weight": 1.0, "loc_weight": 2.0, "code_weights": [1.0] * 8}},
            "POST_PROCESSING": {
                "SCORE_THRESH": 0.1,
                "POST_CENTER_LIMIT_RANGE": [extent[0], extent[1], -5, extent[3], extent[4], 5],
                "MAX_OBJ_PER_SAMPLE": 300,
                "USE_IOU_TO_RECTIFY_SCORE": True,
                "IOU_RECTIFIER": [0.5, 0.5, 0.5],
                "NMS_CONFIG": {
                    "NMS_TYPE": "class_specific_nms",
                    "NMS_THRESH": [0.2, 0.2, 0.2],
                    "NMS_PRE_MAXSIZE": [1000, 1000, 1000],
                    "NMS_POST_MAXSIZE": [200, 200, 200],
                },
            },
        },
    }


def full_config(half):
    """The whole configuration of the detector for a square map, as a yaml file of the authors has it."""
    extent = extent_of(half)
    return {
        "CLASS_NAMES": list(CLASSES),
        # x forward, y left, the ground at 0.
        "FRAME": "waymo",
        # Chosen on simulated scans, see the model card.
        "SHOWN_SCORE": 0.4,
        "DATA_CONFIG": {
            "DATASET": "simulated streets",
            "POINT_CLOUD_RANGE": extent,
            "POINT_FEATURE_ENCODING": {"used_feature_list": ["x", "y", "z"]},
            "DATA_PROCESSOR": [
                {"NAME": "mask_points_and_boxes_outside_range", "MASK_Z": False},
                {"NAME": "transform_points_to_voxels_placeholder", "VOXEL_SIZE": VOXEL_SIZE},
            ],
        },
        "MODEL": model_config(extent),
    }
