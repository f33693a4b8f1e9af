/** Norms over the last axis. */
import { ShapeError } from "../errors.ts";
import { norm, NORM_VECTORS, type NormKind, type NormSpec } from "../kernels/norm.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import type { Activation } from "../wgsl/activation.ts";
import { checkF32, checkFloats } from "./dtype.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import {
  chooseRowVariant,
  ROW_THREADS,
  rowInvocations,
  rowIterations,
  type RowVariant,
  rowWorkgroups,
} from "../wgsl/row_walk.ts";

/** What follows a norm, in this order; each vector has one value an element of the last axis. */
export interface NormTail {
  /** Factors. */
  readonly weight?: Tensor;
  /** Summands. */
  readonly bias?: Tensor;
  /** Modulation by `1 + scale`. */
  readonly scale?: Tensor;
  /** Modulation by `+ shift`. */
  readonly shift?: Tensor;
  /** Applied last. */
  readonly activation?: Activation;
  /** Kernel structure; the adapter decides when absent. */
  readonly variant?: RowVariant;
}

/** Options of {@link layerNorm}. */
export interface LayerNormOptions extends NormTail {
  /** Added to the variance; 1e-5 when absent, as in PyTorch. */
  readonly eps?: number;
  /** A tensor of the same shape, added to `x` first. */
  readonly residual?: Tensor;
}

/** Options of {@link rmsNorm}. */
export interface RmsNormOptions {
  /** Added to the mean square; 1e-6 when absent. */
  readonly eps?: number;
  /** Kernel structure; the adapter decides when absent. */
  readonly variant?: RowVariant;
}

/** Options of {@link channelNorm}. */
export interface ChannelNormOptions {
  /** Applied to the result. */
  readonly activation?: Activation;
  /** Kernel structure; the adapter decides when absent. */
  readonly variant?: RowVariant;
}

/**
 * Layer norm: zero mean and unit variance over the last axis, then an affine part and a modulation.
 *
 * @param x `[..., channels]`.
 * @param options Vectors of `channels` values, eps, activation.
 * @returns Same shape.
 * @throws {ShapeError} If a vector has another length, or the dtype is neither f32 nor f16.
 *
 * @example
 * ```ts
 * import { layerNorm, open } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 2], new Float32Array([1, 3]));
 * const [y] = await gpu.read([layerNorm(x, { eps: 0 })]);
 * console.assert(Math.abs((y?.[1] ?? 0) - 1) < 1e-5);
 * ```
 */
export function layerNorm(x: Tensor, options: LayerNormOptions = {}): Tensor {
  const { eps = 1e-5, ...tail } = options;
  return recordNorm(x, "layer", eps, tail);
}

/**
 * Root-mean-square norm over the last axis.
 *
 * @param x `[..., channels]`.
 * @param weight `channels` factors.
 * @param options Eps.
 * @returns Same shape.
 * @throws {ShapeError} If the weight has another length, or the dtype is neither f32 nor f16.
 *
 * @example
 * ```ts
 * import { open, rmsNorm } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 2], new Float32Array([3, -3]));
 * const [y] = await gpu.read([rmsNorm(x, gpu.tensor([2], new Float32Array([1, 2])))]);
 * console.assert(Math.abs((y?.[1] ?? 0) + 2) < 1e-5);
 * ```
 */
export function rmsNorm(x: Tensor, weight: Tensor, options: RmsNormOptions = {}): Tensor {
  const { eps = 1e-6, ...tail } = options;
  return recordNorm(x, "rms", eps, { ...tail, weight });
}

/**
 * Elements that an invocation keeps from pass to pass: a GPU has registers for about so many vectors. On
 * llvmpipe, where a load is a loop over the lanes, those that end on the stack are still faster.
 */
const MOST_HELD = { cpu: 32, gpu: 16 };
/**
 * Rows that an invocation takes one after the other on CPU adapters, and workgroups that there should be.
 * With the vectors read once for 16 rows 4096 rows of 768 took 3.2 ms on llvmpipe, 5.4 ms for 4 rows.
 */
const TURNS = { most: 16, workgroups: 16 };

/** PyTorch's floor for the length of a vector that is normalised. */
const CHANNEL_EPSILON = 1e-12;

/**
 * Wan2.1's norm of a position's channels: `x / max(‖x‖₂, 1e-12) · √channels · gamma`.
 *
 * @param x `[..., channels]`.
 * @param gamma `channels` factors.
 * @param options Activation.
 * @returns Same shape.
 * @throws {ShapeError} If gamma has another length, or the dtype is neither f32 nor f16.
 *
 * @example
 * ```ts
 * import { channelNorm, open } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 2], new Float32Array([5, 5]));
 * const gamma = gpu.tensor([2], new Float32Array([1, 1]));
 * const [y] = await gpu.read([channelNorm(x, gamma, { activation: "relu" })]);
 * console.assert(Math.abs((y?.[0] ?? 0) - 1) < 1e-5);
 * ```
 */
export function channelNorm(x: Tensor, gamma: Tensor, options: ChannelNormOptions = {}): Tensor {
  return recordNorm(x, "channel", CHANNEL_EPSILON, { ...options, weight: gamma });
}

function recordNorm(
  x: Tensor,
  kind: NormKind,
  eps: number,
  tail: NormTail & Pick<LayerNormOptions, "residual">,
): Tensor {
  const columns = x.shape.at(-1) ?? 1;
  const rows = sizeOf(x.shape) / Math.max(1, columns);
  const vectors = NORM_VECTORS.map((name) => tail[name]).filter((v) => v !== undefined);
  const { weight, bias, scale, shift, residual } = tail;
  const half = checkFloats(`${kind} norm`, { x, residual });
  checkF32(`${kind} norm`, { weight, bias, scale, shift });
  for (const vector of vectors) {
    if (sizeOf(vector.shape) !== columns) {
      throw new ShapeError(
        `Cannot record ${kind} norm of [${x.shape}]: a vector has shape [${vector.shape}]. ` +
          `Give ${columns} values.`,
      );
    }
  }
  if (residual && residual.shape.join() !== x.shape.join()) {
    throw new ShapeError(
      `Cannot record ${kind} norm of [${x.shape}] with a residual of [${residual.shape}]: ` +
        "give equal shapes.",
    );
  }
  const y = x.gpu.empty(x.shape, x.dtype);
  if (rows === 0 || columns === 0) return y;
  const vector = columns % 4 === 0;
  const steps = columns / (vector ? 4 : 1);
  const loops = kind === "layer" ? [steps, steps, steps] : [steps, steps];
  const { caps } = x.gpu;
  const variant = tail.variant ?? chooseRowVariant(caps, rows, columns, loops);
  const share = rowIterations(caps, variant, [steps]);
  const held = share <= MOST_HELD[caps.isCpu ? "cpu" : "gpu"] ? share : 0;
  const shared = caps.isCpu && held > 0 && variant === "subgroup" && vectors.length > 0;
  const turns = shared ? turnsFor(rowWorkgroups(caps, variant, rows)) : 1;
  const spec: NormSpec = {
    kind,
    variant,
    residual: residual !== undefined,
    vector,
    half,
    weight: tail.weight !== undefined,
    bias: tail.bias !== undefined,
    scale: tail.scale !== undefined,
    shift: tail.shift !== undefined,
    activation: tail.activation ?? "none",
    threads: ROW_THREADS,
    held,
    even: held * rowInvocations(caps, variant) === steps,
    repeated: turns > 1,
  };
  x.gpu.dispatch({
    kernel: x.gpu.kernel("norm", spec, norm),
    tensors: [x, ...(residual ? [residual] : []), ...vectors, y],
    params: [rows, steps, eps, turns],
    grid: flatGrid(rowWorkgroups(caps, variant, Math.ceil(rows / turns))),
    flops: 8 * rows * columns,
    iterations: held > 0 ? turns : rowIterations(caps, variant, loops),
  });
  return y;
}

/** Rows of an invocation, given the workgroups that there are with one each. */
function turnsFor(workgroups: number): number {
  return Math.max(1, Math.min(TURNS.most, Math.floor(workgroups / TURNS.workgroups)));
}
