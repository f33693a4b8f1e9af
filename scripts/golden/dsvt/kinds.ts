/** Kinds of golden files of the dsvt package. */
import type { Kind } from "../runner.ts";
import { SWEEPS } from "../tolerance.ts";
import { TORCH_FILE_KIND } from "../torch_file.ts";
import { POINT_FILE_KIND } from "./point_files.ts";
import { runSweeps } from "./sweeps.ts";

/** How each kind is run, and how close its floats have to be. */
export const DSVT_KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["nuscenes_sweeps", { run: runSweeps, tolerance: SWEEPS }],
  ["point_file_expected", POINT_FILE_KIND],
  ["torch_file_expected", TORCH_FILE_KIND],
]);
