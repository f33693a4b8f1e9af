/** Kinds of golden files of the dsvt package. */
import type { Kind } from "../runner.ts";
<<<<<<< HEAD
import { SWEEPS } from "../tolerance.ts";
import { TORCH_FILE_KIND } from "../torch_file.ts";
import { POINT_FILE_KIND } from "./point_files.ts";
import { runSweeps } from "./sweeps.ts";

/** How each kind is run, and how close its floats have to be. */
export const DSVT_KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["nuscenes_sweeps", { run: runSweeps, tolerance: SWEEPS }],
  ["point_file_expected", POINT_FILE_KIND],
  ["torch_file_expected", TORCH_FILE_KIND],
=======
import { OVERLAPS, SCAN_NETWORK } from "../tolerance.ts";
import { runCenterHead } from "./center_head.ts";
import { runRotatedIouNms } from "./rotated_iou_nms.ts";
import { runTransFusionHead } from "./transfusion_head.ts";

/** How each kind is run, and how close its floats have to be. */
export const DSVT_KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["center_head", { run: runCenterHead, tolerance: SCAN_NETWORK }],
  ["rotated_iou_nms", { run: runRotatedIouNms, tolerance: OVERLAPS }],
  ["transfusion_head", { run: runTransFusionHead, tolerance: SCAN_NETWORK }],
>>>>>>> dsvt-heads
]);
