/** Kinds of golden files of the dinat package. */
import type { Kind } from "../runner.ts";
import { TORCH_FILE_KIND } from "../torch_file.ts";
import { ATTENTION, BOXES, OPERATION, PIXELS, REGIONS, TINY_NETWORK } from "../tolerance.ts";
import { runClassifier, runHubClassifier } from "./classifier.ts";
import { runMaskPaste, runRoiAlign, runRoiLevels } from "./detection_ops.ts";
import {
  runDeltaDecode,
  runNms,
  runPreprocessClassification,
  runPreprocessDense,
  runPreprocessDetectron2,
} from "./host_maths.ts";
import {
  runAttention1d,
  runAttention2d,
  runBlock,
  runConvDownsampler,
  runConvTokenizer,
  runPatchEmbed,
  runPatchMerging,
} from "./modules.ts";
import { runNeighbourhoodAttention } from "./neighbourhood_attention.ts";
import { runTwoStage } from "./two_stage.ts";
import { runUperNet, runUperNetHead } from "./upernet.ts";

/** How each kind is run, and how close its floats have to be. */
export const DINAT_KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["attention_module_1d", { run: runAttention1d, tolerance: TINY_NETWORK }],
  ["attention_module_2d", { run: runAttention2d, tolerance: TINY_NETWORK }],
  ["block", { run: runBlock, tolerance: TINY_NETWORK }],
  ["cascade_mask_rcnn", { run: runTwoStage, tolerance: TINY_NETWORK }],
  ["classifier", { run: runClassifier, tolerance: TINY_NETWORK }],
  ["classifier_hub", { run: runHubClassifier, tolerance: TINY_NETWORK }],
  ["conv_downsampler", { run: runConvDownsampler, tolerance: TINY_NETWORK }],
  ["conv_tokenizer", { run: runConvTokenizer, tolerance: TINY_NETWORK }],
  ["delta_decode", { run: runDeltaDecode, tolerance: BOXES }],
  ["mask_paste", { run: runMaskPaste, tolerance: OPERATION }],
  ["mask_rcnn", { run: runTwoStage, tolerance: TINY_NETWORK }],
  ["na1d", { run: runNeighbourhoodAttention, tolerance: ATTENTION }],
  ["na2d", { run: runNeighbourhoodAttention, tolerance: ATTENTION }],
  ["nms", { run: runNms, tolerance: ATTENTION }],
  ["patch_embed", { run: runPatchEmbed, tolerance: TINY_NETWORK }],
  ["patch_merging", { run: runPatchMerging, tolerance: TINY_NETWORK }],
  ["preprocess_classification", { run: runPreprocessClassification, tolerance: OPERATION }],
  ["preprocess_detectron2", { run: runPreprocessDetectron2, tolerance: PIXELS }],
  ["preprocess_mm", { run: runPreprocessDense, tolerance: PIXELS }],
  ["roi_multilevel", { run: runRoiLevels, tolerance: REGIONS }],
  ["roialign", { run: runRoiAlign, tolerance: REGIONS }],
  ["torch_file_expected", TORCH_FILE_KIND],
  ["upernet", { run: runUperNet, tolerance: TINY_NETWORK }],
  ["upernet_head", { run: runUperNetHead, tolerance: TINY_NETWORK }],
]);
