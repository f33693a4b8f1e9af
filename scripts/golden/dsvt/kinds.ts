/** Kinds of golden files of the dsvt package. */
import type { Kind } from "../runner.ts";
import { OVERLAPS, SCAN_NETWORK } from "../tolerance.ts";
import { runCenterHead } from "./center_head.ts";
import { runRotatedIouNms } from "./rotated_iou_nms.ts";
import { runTransFusionHead } from "./transfusion_head.ts";

/** How each kind is run, and how close its floats have to be. */
export const DSVT_KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["center_head", { run: runCenterHead, tolerance: SCAN_NETWORK }],
  ["rotated_iou_nms", { run: runRotatedIouNms, tolerance: OVERLAPS }],
  ["transfusion_head", { run: runTransFusionHead, tolerance: SCAN_NETWORK }],
]);
