/**
 * Tensors on WebGPU: a context with explicit lifetimes, operations that record kernels, and plans
 * that replay a model function without allocation.
 *
 * @module
 */
export { type GpuStats, open, type OpenOptions } from "./src/gpu/open.ts";
export { Gpu } from "./src/gpu/gpu.ts";
export type { WorkAllowance } from "./src/gpu/allowances.ts";
export { rehearsal, type RehearsalOptions } from "./src/gpu/rehearsal.ts";
export { candidatesChecksum } from "./src/tune/candidate_kernels.ts";
export { followWork } from "./src/gpu/follow_work.ts";
export {
  adapterName,
  CANDIDATES,
  parseTuning,
  type TunedFamily,
  tunedVariant,
  type Tuning,
  tuningKey,
} from "./src/tune/tuning.ts";
export { Scope } from "./src/gpu/scope.ts";
export {
  type AcquireOptions,
  type BuildCaps,
  type Caps,
  type LimitName,
  MAX_CPU_ITERATIONS,
} from "./src/gpu/device.ts";
export type { CopyRange, Dispatch } from "./src/gpu/dispatch.ts";
export type { HostArray } from "./src/gpu/host_array.ts";
export type { PoolBuffer, PoolStats } from "./src/gpu/pool.ts";
export { type KernelTime, type KernelTotal, kernelTotals } from "./src/gpu/profiler.ts";
export {
  type CompileProgress,
  type InputSpec,
  Plan,
  type PlanOptions,
  type PlanTensors,
} from "./src/plan/plan.ts";
export { bytesOf, type DType, reshape, sizeOf, type Storage, type Tensor } from "./src/tensor.ts";
export {
  DeviceLostError,
  GpuError,
  GpuLimitError,
  GpuUnavailableError,
  NumericError,
  OutOfMemoryError,
  ShapeError,
} from "./src/errors.ts";
export { sizeText } from "./src/size_text.ts";
export {
  type Binding,
  each,
  FLAT_WORKGROUP,
  flatGrid,
  type GridLayers,
  gridLayers,
  type Kernel,
  kernel,
  type KernelSource,
  type ParamType,
} from "./src/wgsl/kernel.ts";
export type { Activation } from "./src/wgsl/activation.ts";
export type { StoredWeight } from "./src/kernels/gemm_operands.ts";
export type { GemmForm } from "./src/ops/gemm_form.ts";
export type { Epilogue, Lookup } from "./src/ops/implicit_gemm.ts";
export {
  type GemmVariant,
  type PackedWeight,
  type PackOptions,
  packWeight,
  type WeightTile,
} from "./src/ops/packed_weight.ts";
export { cast } from "./src/ops/cast.ts";
export { linear, type LinearOptions } from "./src/ops/linear.ts";
export { matmul, type MatmulOptions } from "./src/ops/matmul.ts";
export {
  channelNorm,
  type ChannelNormOptions,
  layerNorm,
  type LayerNormOptions,
  type NormTail,
  rmsNorm,
  type RmsNormOptions,
} from "./src/ops/norm.ts";
export { groupNorm, type GroupNormOptions } from "./src/ops/group_norm.ts";
export type { RowVariant } from "./src/wgsl/row_walk.ts";
export {
  broadcastLanes,
  fixedSubgroup,
  lanesFor,
  type SubgroupCaps,
} from "./src/wgsl/subgroups.ts";
export { softmax, type SoftmaxOptions } from "./src/ops/softmax.ts";
export { argmax, type ArgmaxOptions, reduce, type ReduceOptions } from "./src/ops/reduce.ts";
export type { Reduction } from "./src/wgsl/combine.ts";
export { type TopK, topK } from "./src/ops/top_k.ts";
export { pointwise, type PointwiseOptions } from "./src/ops/pointwise.ts";
export {
  composeTables,
  mirrorTable,
  type ResampleFilter,
  type ResampleRule,
  type ResampleTable,
  resampleTable,
  sliceTable,
} from "./src/resample_table.ts";
export { type HeightWidth, resize, resizeByTables, Resizer } from "./src/ops/resize.ts";
export { pixelShuffle, type PixelShuffleOptions, pixelUnshuffle } from "./src/ops/pixel_shuffle.ts";
export { concat, permute, slice } from "./src/ops/movement.ts";
export { gatherMax, gatherRows, NO_ROW, scatterRows } from "./src/ops/rows.ts";
export {
  segmentReduce,
  type SegmentReduceOptions,
  type SegmentTable,
  segmentTable,
} from "./src/ops/segment_reduce.ts";
export {
  bitsOf,
  floatToSamples,
  packSamples,
  type Samples,
  type SampleScale,
  samplesLike,
  samplesToFloat,
  type SamplesToFloatOptions,
  unpackSamples,
} from "./src/ops/samples.ts";
export type { SampleBits } from "./src/kernels/samples.ts";
export { type Border, pad } from "./src/ops/pad.ts";
export type { PadMode } from "./src/kernels/pad.ts";
export { adaptiveAveragePool2d, pool2d, type Pool2dOptions } from "./src/ops/pool.ts";
export { checkF32 } from "./src/ops/dtype.ts";
export { checkFinite, countNonFinite, requireFinite } from "./src/ops/finite.ts";
export { selfTest, type SelfTestResult } from "./src/self_test.ts";
export { conv2d, type Conv2dOptions } from "./src/ops/conv2d.ts";
export { conv3d, type Conv3dOptions, joinFrames } from "./src/ops/conv3d.ts";
export { type Biased, linearDepthwise } from "./src/ops/linear_depthwise.ts";
export { depthwiseConv2d, type DepthwiseWeight, packDepthwise } from "./src/ops/depthwise.ts";
export {
  chooseMlp,
  fusedMlp,
  type MlpOptions,
  type MlpVariant,
  type MlpWeights,
} from "./src/ops/mlp.ts";
export {
  convTranspose2d,
  packTransposed,
  type PackTransposedOptions,
  type Phase,
  type TransposedWeight,
} from "./src/ops/conv_transpose.ts";
