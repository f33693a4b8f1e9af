/** Kinds of golden files of the simplegvr package. */
import type { Kind } from "../runner.ts";
import { NETWORK, OPERATION } from "../tolerance.ts";
import { runMiniVae, runWanVae } from "./autoencoder.ts";
import { runColourFix } from "./colour_fix.ts";
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
import { runDit, runLatentNetwork, runUpsampler } from "./latent_network.ts";
import { runMetrics } from "./metrics.ts";
import { runMiniPipeline } from "./mini_pipeline.ts";
import { runSparseLocalAttention } from "./sparse_local_attention.ts";

/** How each kind is run, and how close its floats have to be. */
export const SIMPLEGVR_KINDS: ReadonlyMap<string, Kind> = new Map([
  ["colour_fix", { run: runColourFix, tolerance: OPERATION }],
  ["detail_sampler", { run: runDetailSampler, tolerance: OPERATION }],
  ["dit_wan", { run: runDit, tolerance: NETWORK }],
  ["embeddings", { run: runEmbeddings, tolerance: OPERATION }],
  ["flow_schedulers", { run: runFlowSchedulers, tolerance: OPERATION }],
  ["hash_uniform", { run: runHashUniform, tolerance: OPERATION }],
  ["metrics", { run: runMetrics, tolerance: OPERATION }],
  ["mini_pipeline", { run: runMiniPipeline, tolerance: NETWORK }],
  ["minivae", { run: runMiniVae, tolerance: NETWORK }],
  ["noise", { run: runNoise, tolerance: OPERATION }],
  ["resize", { run: runResize, tolerance: OPERATION }],
  ["simplegvr", { run: runLatentNetwork, tolerance: NETWORK }],
  ["sparse_local_attention", { run: runSparseLocalAttention, tolerance: OPERATION }],
  ["temporal_units", { run: runTemporalUnits, tolerance: OPERATION }],
  ["tiles", { run: runTiles, tolerance: OPERATION }],
  ["upsampler", { run: runUpsampler, tolerance: OPERATION }],
  ["vae_wan", { run: runWanVae, tolerance: NETWORK }],
]);
