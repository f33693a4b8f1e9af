/** Kinds of golden files of the simplegvr package. */
import type { Kind } from "../runner.ts";
import { OPERATION } from "../tolerance.ts";
import { runFlowSchedulers } from "./flow_schedulers.ts";
import {
  runDetailSampler,
  runEmbeddings,
  runHashUniform,
  runNoise,
  runResize,
  runTemporalUnits,
  runTiles,
} from "./host_maths.ts";

/** How each kind is run, and how close its floats have to be. */
export const SIMPLEGVR_KINDS: ReadonlyMap<string, Kind> = new Map([
  ["detail_sampler", { run: runDetailSampler, tolerance: OPERATION }],
  ["embeddings", { run: runEmbeddings, tolerance: OPERATION }],
  ["flow_schedulers", { run: runFlowSchedulers, tolerance: OPERATION }],
  ["hash_uniform", { run: runHashUniform, tolerance: OPERATION }],
  ["noise", { run: runNoise, tolerance: OPERATION }],
  ["resize", { run: runResize, tolerance: OPERATION }],
  ["temporal_units", { run: runTemporalUnits, tolerance: OPERATION }],
  ["tiles", { run: runTiles, tolerance: OPERATION }],
]);
