/** Kinds of golden files of the relayformer package. */
import type { Kind } from "../runner.ts";
import { LARGE_RELAYS, MOVED, NORMALISED, TINY_RELAYS } from "../tolerance.ts";
import { runCheckpoint } from "./checkpoint.ts";
import { runForward, runForwardLarge } from "./forward.ts";
import { runDecoder, runGlobalBlock, runGlora } from "./modules.ts";
import {
  runImagePartition,
  runMaskUpsample,
  runOverlapAverage,
  runPositions,
  runRope,
} from "./operations.ts";
import { runMetrics, runPostprocess } from "./results.ts";

/** A file of weights for others; it has no outputs. */
// deno-lint-ignore require-yield
async function* runWeights(): AsyncGenerator<never> {
  await Promise.resolve();
}

/** How each kind is run, and how close its floats have to be. */
export const RELAYFORMER_KINDS: ReadonlyMap<string, Kind> = new Map([
  ["relayformer.checkpoint", { run: runCheckpoint, tolerance: TINY_RELAYS }],
  ["relayformer.decoder", { run: runDecoder, tolerance: TINY_RELAYS }],
  ["relayformer.forward", { run: runForward, tolerance: TINY_RELAYS }],
  ["relayformer.forward_large", { run: runForwardLarge, tolerance: LARGE_RELAYS }],
  ["relayformer.glora", { run: runGlora, tolerance: TINY_RELAYS }],
  ["relayformer.glra_global", { run: runGlobalBlock, tolerance: TINY_RELAYS }],
  ["relayformer.image_partition", { run: runImagePartition, tolerance: NORMALISED }],
  ["relayformer.mask_upsample", { run: runMaskUpsample, tolerance: MOVED }],
  ["relayformer.metrics", { run: runMetrics, tolerance: MOVED }],
  ["relayformer.overlap_average", { run: runOverlapAverage, tolerance: MOVED }],
  ["relayformer.pos_embed_resample", { run: runPositions, tolerance: MOVED }],
  ["relayformer.postprocess", { run: runPostprocess, tolerance: MOVED }],
  ["relayformer.rope", { run: runRope, tolerance: MOVED }],
  ["relayformer.weights", { run: runWeights, tolerance: MOVED }],
]);
