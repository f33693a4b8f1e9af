/** Kinds of golden files of the favit package. */
import type { Kind } from "../runner.ts";
import { LOGITS, PARTS } from "../tolerance.ts";
import { runClassifier, runPublished } from "./classifier.ts";
import { runAttention, runBlock } from "./modules.ts";

/** How each kind is run, and how close its floats have to be. */
export const FAVIT_KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["block", { run: runBlock, tolerance: PARTS }],
  ["classifier", { run: runClassifier, tolerance: PARTS }],
  ["classifier-real", { run: runPublished, tolerance: LOGITS }],
  ["fasa", { run: runAttention, tolerance: PARTS }],
]);
