/** Kinds of golden files of the favit package. */
import type { Kind } from "../runner.ts";
import { LOGITS, OPERATION, PARTS, PIXELS } from "../tolerance.ts";
import { runClassifier, runPublished } from "./classifier.ts";
import { runMaskRcnn } from "./mask_rcnn.ts";
import { runAttention, runBlock } from "./modules.ts";
import { runPostprocess } from "./postprocess.ts";
import { runPreprocess } from "./preprocess.ts";
import { runPublishedRetinaNet, runRetinaNet } from "./retinanet.ts";
import { runPublishedSegmenter, runSemanticFpn } from "./segmentation.ts";

/** How each kind is run, and how close its floats have to be. */
export const FAVIT_KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["block", { run: runBlock, tolerance: PARTS }],
  ["classifier", { run: runClassifier, tolerance: PARTS }],
  ["classifier-real", { run: runPublished, tolerance: LOGITS }],
  ["fasa", { run: runAttention, tolerance: PARTS }],
  ["mask_rcnn", { run: runMaskRcnn, tolerance: PARTS }],
  ["postprocess-units", { run: runPostprocess, tolerance: OPERATION }],
  ["preprocess", { run: runPreprocess, tolerance: PIXELS }],
  ["retinanet", { run: runRetinaNet, tolerance: PARTS }],
  ["retinanet-real", { run: runPublishedRetinaNet, tolerance: LOGITS }],
  ["semantic_fpn", { run: runSemanticFpn, tolerance: PARTS }],
  ["semantic_fpn-real", { run: runPublishedSegmenter, tolerance: LOGITS }],
]);
