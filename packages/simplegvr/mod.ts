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
  type NoiseBlock,
  type NoisePurpose,
} from "./src/noise.ts";
export {
  type ImageSize,
  type ResampleFilter,
  type ResampleTable,
  resampleTable,
  resizeImage,
} from "./src/resample.ts";
export {
  integrate,
  type Schedule,
  schedule,
  type ScheduleOptions,
  type SchedulerKind,
  type VelocityAt,
} from "./src/schedulers.ts";
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
