/** A linear layer with a depthwise convolution behind it. */
import {
  linearDepthwise as buildLinearDepthwise,
  lineColumns,
  MOST_QUADS,
} from "../kernels/linear_depthwise.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import { type Conv2dOptions, paddingOf } from "./conv2d.ts";
import { depthwiseConv2d, type DepthwiseWeight, walkedRows } from "./depthwise.ts";
import { linear } from "./linear.ts";
import type { PackedWeight } from "./packed_weight.ts";

/** A weight, and its bias if it has one. */
export interface Biased<Weight> {
  /** The weight, packed. */
  readonly weight: Weight;
  /** One summand a result; none when absent. */
  readonly bias?: Tensor;
}

/**
 * `activation(depthwise(linear(x)))`, what the MLPs of some vision transformers begin with. CPU adapters
 * make it in one kernel where x has few channels, without what is between in memory.
 *
 * @param x `[batch, height, width, in]`.
 * @param layer Packed from `[hidden, in]`.
 * @param convolution Filters of the hidden channels.
 * @param options Zeros around the picture, and what follows the convolution.
 * @returns `[batch, height, width, hidden]`.
 * @throws {ShapeError} If the shapes do not fit, or a dtype is not f32.
 *
 * @example
 * ```ts
 * import { linearDepthwise, open, packDepthwise, packWeight } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const ones = (...shape: number[]) => new Float32Array(shape.reduce((a, b) => a * b)).fill(1);
 * const bias = gpu.tensor([8], ones(8));
 * const layer = { weight: packWeight(gpu, ones(8, 4), [8, 4]), bias };
 * const convolution = { weight: packDepthwise(gpu, ones(8, 9), [8, 1, 3, 3]), bias };
 * const x = gpu.tensor([1, 2, 2, 4], ones(2, 2, 4));
 * const [y = []] = await gpu.read([linearDepthwise(x, layer, convolution, { padding: 1 })]);
 * assert.equal(y[0], 4 * (4 + 1) + 1);
 * ```
 */
export function linearDepthwise(
  x: Tensor,
  layer: Biased<PackedWeight>,
  convolution: Biased<DepthwiseWeight>,
  options: Pick<Conv2dOptions, "padding" | "activation"> = {},
): Tensor {
  const { weight, bias } = layer;
  const { weight: filters, bias: filterBias } = convolution;
  if (!bias || !filterBias || !suitsOneKernel(x, layer, convolution, options)) {
    const hidden = linear(x, weight, bias ? { bias } : {});
    const y = depthwiseConv2d(hidden, filters, {
      ...options,
      ...(filterBias ? { bias: filterBias } : {}),
    });
    x.gpu.free(hidden);
    return y;
  }
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const { tile, columns: hidden } = weight;
  const [top, bottom] = paddingOf(options.padding);
  const outHeight = height + top + bottom - 2;
  const y = x.gpu.empty([batch, outHeight, width, hidden]);
  const rows = walkedRows(outHeight, MOST_ROWS);
  const quads = channels / 4;
  const { activation = "none" } = options;
  const spec = { quads, lanes: tile.lanes, loads: loadsFor(tile.lanes, width), activation };
  const [blocks, lines] = [Math.ceil(width / lineColumns(spec)), Math.ceil(outHeight / rows)];
  const total = batch * blocks * lines;
  const [gridX, gridY] = flatGrid(total);
  x.gpu.dispatch({
    kernel: x.gpu.kernel("linear_depthwise", spec, buildLinearDepthwise),
    tensors: [x, weight.tensor, bias, filters.tensor, filterBias, y],
    params: [total, blocks, lines, rows, height, width, outHeight, top, hidden / 4],
    grid: [gridX, gridY, Math.ceil(hidden / (4 * tile.lanes))],
    flops: 2 * hidden * (batch * height * width * channels + 9 * batch * outHeight * width),
    iterations: rows + 2,
  });
  return y;
}

/** Pixels of a line that a lane loads, so that as few as possible are loaded beside the results. */
function loadsFor(lanes: number, width: number): number {
  const loaded = (loads: number) =>
    Math.ceil(width / lineColumns({ lanes, loads })) * lanes * loads;
  return Array.from({ length: Math.max(1, MOST_PIXELS / lanes) }, (_, index) => index + 1)
    .reduce((best, loads) => loaded(loads) < loaded(best) ? loads : best);
}

/** Most pixels of a line that a subgroup loads: the text of the kernel grows with them. */
const MOST_PIXELS = 16;

/** Most lines that an invocation walks over; each walk makes two lines of the layer for its border. */
const MOST_ROWS = 28;

/**
 * Whether one kernel can make it and is faster. For 56 × 56 pixels it took 7 instead of 12 ms of CPU time
 * on llvmpipe from 32 channels to 256, for 28 × 28 2.5 instead of 3.7 ms from 64 to 384; for 14 × 14 pixels
 * of 128 channels too much would be made twice. What does not fit is left to the operations, which say what
 * they expected.
 */
function suitsOneKernel(
  x: Tensor,
  { weight, bias }: Biased<PackedWeight>,
  { weight: filters, bias: filterBias }: Biased<DepthwiseWeight>,
  { padding }: Pick<Conv2dOptions, "padding">,
): boolean {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const { tile, columns, groups } = weight;
  const [top, bottom, left, right] = paddingOf(padding);
  const suits = x.gpu.caps.isCpu && tile.variant === "lanes" && tile.columns === 4 &&
    channels % 4 === 0 && channels <= 4 * MOST_QUADS && columns % 4 === 0;
  const picture = x.shape.length === 4 && batch * width > 0 && height + top + bottom > 2 &&
    left === 1 && right === 1;
  const matching = channels === weight.channels && groups === 1 && sizeOf(weight.taps) === 1 &&
    filters.channels === columns && filters.taps.every((taps) => taps === 3) &&
    [bias, filterBias].every((vector) => vector && sizeOf(vector.shape) === columns);
  const plain = [x, weight.tensor, bias, filters.tensor, filterBias]
    .every((tensor) => tensor?.dtype === "f32");
  return suits && picture && matching && plain;
}
