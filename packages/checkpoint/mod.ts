/**
 * Checkpoints: weights of every usual form read lazily and handed out by official module names with
 * all faults reported at once, safetensors files written, and the registry of the project's models.
 * Runs in browsers; `@vicinity/checkpoint/deno` adds the file system, `/hub` the cache of downloaded
 * models and `/download` the network.
 *
 * @module
 */
export { CheckpointError, type CheckpointErrorCode } from "./src/errors.ts";
export { blankCheckpoint } from "./src/blank_checkpoint.ts";
export { type Checkpoint, type CheckpointOptions, readCheckpoint } from "./src/checkpoint.ts";
export { type CheckpointForm, HEAD_BYTES, recogniseForm } from "./src/recognise.ts";
export { readShardIndex, type ShardIndex } from "./src/shard_index.ts";
export { memorySource, type Source } from "./src/source.ts";
export {
  type Dtype,
  DTYPE_BYTES,
  isDtype,
  toFloat16Bits,
  toFloat32,
  toFloat64,
} from "./src/dtype.ts";
export {
  elementCount,
  headerLength,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from "./src/header.ts";
export { CHUNK_BYTES, SafetensorsFile } from "./src/safetensors.ts";
export {
  type TensorToWrite,
  type WritableDtype,
  writeSafetensors,
} from "./src/write_safetensors.ts";
export type { WeightSource, WeightTensor } from "./src/weight_source.ts";
export type { Precision } from "./src/precision.ts";
export { type HostWeight, Parameter, Parameters } from "./src/parameters.ts";
export {
  checkNetwork,
  countParameters,
  type LoadedNetwork,
  loadNetwork,
  type NetworkBuilder,
  type NetworkOptions,
} from "./src/load_network.ts";
export { nearestName } from "./src/nearest_name.ts";
export { configText } from "./src/config_text.ts";
export { TorchFile, type TorchFileOptions } from "./src/torch/torch_file.ts";
export { type LoadProgress, type Weight, WeightStore } from "./src/weight_store.ts";
export { sha256Hex } from "./src/sha256.ts";
export {
  findModel,
  listModels,
  modelAddress,
  type ModelEntry,
  parseRegistry,
} from "./src/registry.ts";
