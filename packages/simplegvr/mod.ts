/**
 * SimpleGVR: video super-resolution by a latent cascade, after arXiv 2506.19838.
 *
 * @module
 */
export { detailChange, type EstimateStack, sampleDetailTimes } from "./src/detail_sampler.ts";
export {
  axisRope,
  gridRope,
  type RopeSplit,
  ropeSplit,
  type RopeTable,
  timeEmbedding,
  type TokenGrid,
} from "./src/embeddings.ts";
export {
  counterNoise,
  fnv1a32,
  hash32,
  hashUniform,
  hashUniforms,
  type NoiseBlock,
  type NoisePurpose,
} from "./src/noise.ts";
export {
  type FrequencySplit,
  matchLowFrequencies,
  matchStatistics,
  splitFrequencies,
  type StatisticsOptions,
} from "./src/colour_fix.ts";
export { type CompareOn, gmsd, psnr, ssim } from "./src/metrics.ts";
export { lumaPlane, type Plane } from "./src/planes.ts";
export { blurEffect, laplacianVariance } from "./src/sharpness.ts";
export {
  flickerIndex,
  type FramePair,
  type Motion,
  temporalDifferenceError,
  warpError,
} from "./src/temporal_metrics.ts";
export { type ImageSize, resizeImage } from "./src/resample.ts";
export {
  integrate,
  type Schedule,
  schedule,
  type ScheduleOptions,
  type SchedulerKind,
  type VelocityAt,
} from "./src/schedulers.ts";
export {
  type AttentionConfig,
  type DitConfig,
  type NetConfig,
  type SimpleGvrConfig,
  spatialStride,
  temporalStride,
  type UpsamplerConfig,
  type VaeConfig,
  type VariantName,
  VARIANTS,
} from "./src/config.ts";
export {
  parseConfig,
  parseDitConfig,
  parseNetConfig,
  parseUpsamplerConfig,
  parseVaeConfig,
} from "./src/config_schema.ts";
export { FrameStream } from "./src/frame_stream.ts";
export {
  type DecodeOptions,
  type LatentStatistics,
  MiniVae,
  type MiniVaeOptions,
} from "./src/vae.ts";
export type { Memory } from "./src/vae_blocks.ts";
export { LatentUpsampler, type UpsamplerChannels } from "./src/upsampler.ts";
export { Dit, type TokenTables } from "./src/dit.ts";
export { type BlockContext, DitBlock } from "./src/dit_block.ts";
export { Modulation } from "./src/modulation.ts";
export { augment, eulerStep, LatentNetwork, type SampleOptions } from "./src/latent_network.ts";
export { describeSimpleGvr } from "./src/describe.ts";
export { type LoadOptions, SimpleGvr } from "./src/model.ts";
export { simplegvr } from "./src/package.ts";
export { type Geometry, planGeometry, ScaleError, type Size } from "./src/geometry.ts";
export { cutFrame, padFrame } from "./src/pre.ts";
export { WindowError } from "./src/work_plan.ts";
export type { ClipState, HostTensor, MemoryState, ParkedClip } from "./src/clip_state.ts";
export type { Queue } from "./src/wavefront.ts";
export { layTile } from "./src/post.ts";
export { type MosaicTile, planMosaic } from "./src/mosaic.ts";
export { SceneCuts } from "./src/scene_cuts.ts";
export { ClipStream, type ClipStreamOptions, type Sampling } from "./src/clip_stream.ts";
export type { Ablation, ChunkOptions } from "./src/chunk_plans.ts";
export {
  type UpscaleMode,
  type UpscaleOptions,
  Upscaler,
  type UpscalerOptions,
} from "./src/upscaler.ts";
export { type FrameSpan, unitOf, type UnitRule, unitSpans } from "./src/temporal_units.ts";
export {
  blendedTiles,
  blendWeights,
  decoderHalo,
  encoderHalo,
  exactTiles,
  type Extent,
  type HaloTile,
  type ReachConfig,
  type Tile,
} from "./src/tiles.ts";
