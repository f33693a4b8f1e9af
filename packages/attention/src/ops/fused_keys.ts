/** Keys and values of factorized vicinities. */
import {
  type Caps,
  checkF32,
  flatGrid,
  MAX_CPU_ITERATIONS,
  ShapeError,
  sizeOf,
  type Tensor,
} from "@vicinity/tensor";
import type { Factorized } from "../factorized.ts";
import {
  FUSED_KEYS_THREADS,
  fusedKeys as buildFusedKeys,
  type FusedKeysVariant,
  PLACE_THREADS,
  placeConvolution,
} from "../kernels/fused_keys.ts";
import { paddedHeadDim } from "./split_heads.ts";

/** Weights of {@link fusedKeys}; `padded` is `paddedHeadDim(width)`, zeros behind every head. */
export interface FusionWeights {
  /** `[groups, width, 2 · padded]`: from a pooled key to key and value. */
  readonly weight: Tensor;
  /** `[groups, 2 · padded]`. */
  readonly bias: Tensor;
  /** `[groups, 9, heads · padded]`: a 3 × 3 depthwise convolution over the places of the values. */
  readonly filters: Tensor;
  /** `[groups, heads · padded]`. */
  readonly filterBias: Tensor;
}

/** Heads of {@link fusedKeys}. */
export interface FusionHeads {
  /** Number of heads. */
  readonly heads: number;
  /** Channels of a head. */
  readonly width: number;
}

/** What `attention` takes with a factorized vicinity. */
export interface FusedKeys {
  /** `[groups · batch, heads, places, padded]`. */
  readonly keys: Tensor;
  /** The same shape. */
  readonly values: Tensor;
}

/**
 * Fuses the windows of one or two vicinities of the same grid, each with its own share of the
 * channels, into keys and values.
 *
 * For a head and a place let `line` be the head's channels at this place in all P windows, window by
 * window. The pooled key has the means of P consecutive entries of this line; key and value are a
 * linear layer of it, and to the values a depthwise convolution over the places is added.
 *
 * @param x `[batch, tokens, groups · heads · width]`, tokens in raster order.
 * @param vicinities The groups.
 * @param extents Heads.
 * @param weights Weights of the groups.
 * @param options A kernel to force; the adapter decides when absent.
 * @returns Keys and values.
 * @throws {ShapeError} If the shapes do not fit, or a dtype is not f32.
 */
export function fusedKeys(
  x: Tensor,
  vicinities: readonly Factorized[],
  extents: FusionHeads,
  weights: FusionWeights,
  options: { readonly variant?: FusedKeysVariant } = {},
): FusedKeys {
  const { heads, width } = extents;
  const padded = paddedHeadDim(width);
  const groups = vicinities.length;
  const [first] = vicinities;
  checkShapes(x, vicinities, extents, weights);
  checkF32("fused keys", { x, ...weights });
  const [batch = 0, , channels = 0] = x.shape;
  const { gpu } = x;
  const [rows, cols] = first?.grid ?? [0, 0];
  const size = first?.size ?? 1;
  const shape = [groups * batch, heads, size ** 2, padded];
  const [keys, values, sums] = [gpu.empty(shape), gpu.empty(shape), gpu.empty(shape)];
  const total = sizeOf(shape) / padded;
  const counts = vicinities.map(({ windows: [down, across] }) => down * across);
  const work = { width, padded, windows: Math.max(...counts) };
  const variant = options.variant ?? chooseVariant(gpu.caps, work);
  const places = variant === "invocation" && sharesWeight(work) ? size : 1;
  gpu.dispatch({
    kernel: gpu.kernel("fused_keys", { variant, width, padded, groups, places }, buildFusedKeys),
    tensors: [x, weights.weight, weights.bias, keys, values],
    params: [
      ...[total / places, batch, heads, rows, cols, channels, size],
      ...vicinities.flatMap(({ dilation, windows }, group) => [
        dilation,
        counts[group] ?? 0,
        windows[1],
      ]),
    ],
    grid: flatGrid(
      variant === "invocation" ? Math.ceil(total / places / PLACE_THREADS) : total,
    ),
    flops: total * width * 4 * padded +
      counts.reduce((sum, count) => sum + batch * heads * size ** 2 * width * count, 0),
    iterations: iterationsOf(variant, work),
  });
  const lines = sizeOf(shape) / 4 / size;
  gpu.dispatch({
    kernel: gpu.kernel("place_convolution", { size }, placeConvolution),
    tensors: [values, weights.filters, weights.filterBias, sums],
    params: [lines, batch, heads, padded / 4],
    grid: flatGrid(Math.ceil(lines / FUSED_KEYS_THREADS)),
    flops: 2 * 9 * sizeOf(shape),
  });
  gpu.free(values);
  return { keys, values: sums };
}

/** What the loops of a kernel depend on. */
interface FusionWork {
  readonly width: number;
  readonly padded: number;
  /** Windows of the group that has most. */
  readonly windows: number;
}

/** CPU adapters, where barriers are dear, have an invocation a place as long as it can be trusted. */
function chooseVariant(caps: Caps, work: FusionWork): FusedKeysVariant {
  return caps.isCpu && iterationsOf("invocation", work) <= MAX_CPU_ITERATIONS
    ? "invocation"
    : "workgroup";
}

/**
 * Whether an invocation makes a line of places at once: with few windows most of what it reads is the
 * weight. With one window, 8 heads and 28 channels that took half of the time on llvmpipe.
 */
function sharesWeight({ padded, windows }: FusionWork): boolean {
  return windows < padded / 2;
}

function iterationsOf(variant: FusedKeysVariant, { width, padded, windows }: FusionWork): number {
  if (variant === "invocation") return width * (windows + 1) + padded / 2 * (width + 1);
  return Math.ceil(width / FUSED_KEYS_THREADS) * windows +
    Math.ceil(2 * padded / FUSED_KEYS_THREADS) * width;
}

function checkShapes(
  x: Tensor,
  vicinities: readonly Factorized[],
  { heads, width }: FusionHeads,
  { weight, bias, filters, filterBias }: FusionWeights,
): void {
  const groups = vicinities.length;
  const padded = paddedHeadDim(width);
  const grids = new Set(vicinities.map(({ grid, size }) => `${grid} in windows of ${size}`));
  const [rows = 0, cols = 0] = vicinities[0]?.grid ?? [];
  const wanted = [rows * cols, groups * heads * width];
  if (groups < 1 || groups > 2 || grids.size !== 1) {
    throw new ShapeError(
      `Cannot fuse keys of ${groups} groups on ${grids.size} grids: give one or two vicinities ` +
        "with one grid and size.",
    );
  }
  if (x.shape.length !== 3 || x.shape.slice(1).join() !== wanted.join()) {
    throw new ShapeError(
      `Cannot fuse keys of [${x.shape}]: give [batch, ${wanted.join(", ")}].`,
    );
  }
  const shapes: readonly (readonly [string, Tensor, number])[] = [
    ["weight", weight, groups * width * 2 * padded],
    ["bias", bias, groups * 2 * padded],
    ["filters", filters, groups * 9 * heads * padded],
    ["filterBias", filterBias, groups * heads * padded],
  ];
  for (const [name, tensor, count] of shapes) {
    if (sizeOf(tensor.shape) === count) continue;
    throw new ShapeError(
      `Cannot fuse keys with ${name} [${tensor.shape}]: give ${count} values for ${groups} ` +
        `groups of ${heads} heads with ${width} channels.`,
    );
  }
}
