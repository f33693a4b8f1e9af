/** Group norm. */
import { ShapeError } from "../errors.ts";
import {
  GROUP_NORM_THREADS,
  groupNormApply,
  groupNormBlocks,
  groupNormCombine,
} from "../kernels/group_norm.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import type { Activation } from "../wgsl/activation.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import {
  chooseRowVariant,
  ROW_THREADS,
  rowIterations,
  type RowVariant,
  rowWorkgroups,
} from "../wgsl/row_walk.ts";
import { checkF32 } from "./dtype.ts";

/** Options of {@link groupNorm}. */
export interface GroupNormOptions {
  /** Number of groups; a divisor of the channels. */
  readonly groups: number;
  /** One factor a channel. */
  readonly weight?: Tensor;
  /** One summand a channel. */
  readonly bias?: Tensor;
  /** Added to the variance; 1e-5 when absent, as in PyTorch. */
  readonly eps?: number;
  /** Applied last. */
  readonly activation?: Activation;
  /** How the values of a group are combined; the adapter decides when absent. */
  readonly variant?: RowVariant;
}

/** Blocks of positions that give enough invocations without making much to combine. */
const WANTED_BLOCKS = 256;
/** Bounds of the positions in a block: short enough to sum in f32, long enough to be worth it. */
const BLOCK_LENGTH = { least: 32, most: 1024 };

/**
 * Group norm: zero mean and unit variance over all positions and the channels of a group.
 *
 * @param x `[N, ..., channels]`.
 * @param options Groups, affine part, activation.
 * @returns Same shape.
 * @throws {ShapeError} If the groups do not divide the channels, or a vector has another length.
 *
 * @example
 * ```ts
 * import { groupNorm, open } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 2, 2], new Float32Array([1, 10, 3, 30]));
 * const [y] = await gpu.read([groupNorm(x, { groups: 2, eps: 0 })]);
 * console.assert(Math.abs((y?.[3] ?? 0) - 1) < 1e-5);
 * ```
 */
export function groupNorm(x: Tensor, options: GroupNormOptions): Tensor {
  const { gpu, shape } = x;
  const { groups, weight, bias, eps = 1e-5, activation = "none" } = options;
  const [channels, images] = [shape.at(-1) ?? 0, shape[0] ?? 0];
  const width = checkedWidth(x, options);
  const y = gpu.empty(shape);
  const size = sizeOf(shape);
  if (size === 0) return y;
  const positions = size / channels / images;
  const length = Math.min(
    BLOCK_LENGTH.most,
    Math.max(BLOCK_LENGTH.least, Math.ceil(positions / WANTED_BLOCKS)),
  );
  const blocks = Math.ceil(positions / length);
  const vector = channels % 4 === 0;
  const step = vector ? 4 : 1;
  const [means, squares] = [0, 1].map(() => gpu.empty([images, blocks, channels])) as [
    Tensor,
    Tensor,
  ];
  const [mean, factor] = [0, 1].map(() => gpu.empty([images, channels])) as [Tensor, Tensor];
  const flat = (count: number) => flatGrid(Math.ceil(count / GROUP_NORM_THREADS));
  const sums = images * blocks * channels / step;
  gpu.dispatch({
    kernel: gpu.kernel("group norm blocks", { vector }, groupNormBlocks),
    tensors: [x, means, squares],
    params: [sums, channels / step, positions, blocks, length],
    grid: flat(sums),
    flops: 4 * size,
    iterations: 2 * length,
  });
  const rows = images * groups;
  const loops = [blocks * width, blocks * width, width];
  const variant = options.variant ?? chooseRowVariant(gpu.caps, rows, blocks * width, loops);
  gpu.dispatch({
    kernel: gpu.kernel("group norm combine", {
      variant,
      weight: weight !== undefined,
      threads: ROW_THREADS,
    }, groupNormCombine),
    tensors: [means, squares, ...(weight ? [weight] : []), mean, factor],
    params: [rows, channels, width, positions, blocks, length, eps],
    grid: flatGrid(rowWorkgroups(gpu.caps, variant, rows)),
    iterations: rowIterations(gpu.caps, variant, loops),
  });
  gpu.dispatch({
    kernel: gpu.kernel("group norm apply", {
      vector,
      bias: bias !== undefined,
      activation,
    }, groupNormApply),
    tensors: [x, mean, factor, ...(bias ? [bias] : []), y],
    params: [size / step, channels / step, positions],
    grid: flat(size / step),
    flops: 3 * size,
  });
  for (const temporary of [means, squares, mean, factor]) gpu.free(temporary);
  return y;
}

function checkedWidth(x: Tensor, { groups, weight, bias }: GroupNormOptions): number {
  const { shape } = x;
  const channels = shape.at(-1) ?? 0;
  const width = channels / groups;
  checkF32("group norm", { x, weight, bias });
  if (shape.length < 2 || !Number.isInteger(width)) {
    throw new ShapeError(
      `Cannot record group norm of [${shape}]: ${groups} groups asked for. ` +
        `Give [N, ..., channels] and a divisor of the channels.`,
    );
  }
  for (const vector of [weight, bias]) {
    if (vector && sizeOf(vector.shape) !== channels) {
      throw new ShapeError(
        `Cannot record group norm of [${shape}]: a vector has shape [${vector.shape}]. ` +
          `Give ${channels} values.`,
      );
    }
  }
  return width;
}
