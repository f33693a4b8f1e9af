/** Kinds of golden files of the dsvt package. */
import type { Kind } from "../runner.ts";
import { DETECTOR, EXACT, OVERLAPS, SCAN_NETWORK, TINY_NETWORK } from "../tolerance.ts";
import { runCenterHead } from "./center_head.ts";
import { runRotatedIouNms } from "./rotated_iou_nms.ts";
import { runBevBackbone } from "./bev_backbone.ts";
import { runDetector } from "./detector.ts";
import { runDetectorFull } from "./detector_full.ts";
import { runInputLayer } from "./input_layer.ts";
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
  ["rotated_iou_nms", { run: runRotatedIouNms, tolerance: OVERLAPS }],
  ["transfusion_head", { run: runTransFusionHead, tolerance: SCAN_NETWORK }],
  ["vfe", { run: runVfe, tolerance: TINY_NETWORK }],
]);
