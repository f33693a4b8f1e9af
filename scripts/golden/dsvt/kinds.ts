/** Kinds of golden files of the dsvt package. */
import type { Kind } from "../runner.ts";
import { DETECTOR, EXACT, OVERLAPS, SCAN_NETWORK, SWEEPS, TINY_NETWORK } from "../tolerance.ts";
import { TORCH_FILE_KIND } from "../torch_file.ts";
import { runBevBackbone } from "./bev_backbone.ts";
import { runCenterHead } from "./center_head.ts";
import { runDetector } from "./detector.ts";
import { runDetectorFull } from "./detector_full.ts";
import { runInputLayer } from "./input_layer.ts";
import { POINT_FILE_KIND } from "./point_files.ts";
import { runRotatedIouNms } from "./rotated_iou_nms.ts";
import { runSweeps } from "./sweeps.ts";
import { runTransFusionHead } from "./transfusion_head.ts";
import { runTransformer } from "./transformer.ts";
import { runVfe } from "./vfe.ts";

/** How each kind is run, and how close its floats have to be. */
export const DSVT_KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["bev_backbone", { run: runBevBackbone, tolerance: TINY_NETWORK }],
  ["center_head", { run: runCenterHead, tolerance: SCAN_NETWORK }],
  ["detector", { run: runDetector, tolerance: SCAN_NETWORK }],
  ["detector_full", { run: runDetectorFull, tolerance: DETECTOR }],
  ["dsvt", { run: runTransformer, tolerance: TINY_NETWORK }],
  ["input_layer", { run: runInputLayer, tolerance: EXACT }],
  ["nuscenes_sweeps", { run: runSweeps, tolerance: SWEEPS }],
  ["point_file_expected", POINT_FILE_KIND],
  ["rotated_iou_nms", { run: runRotatedIouNms, tolerance: OVERLAPS }],
  ["torch_file_expected", TORCH_FILE_KIND],
  ["transfusion_head", { run: runTransFusionHead, tolerance: SCAN_NETWORK }],
  ["vfe", { run: runVfe, tolerance: TINY_NETWORK }],
]);
