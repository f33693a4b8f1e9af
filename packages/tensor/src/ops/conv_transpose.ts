/**
 * Transposed convolutions, as one ordinary convolution for each phase of the output. Along an axis,
 * output o gets input i through tap k where `o = i · stride − padding + k · dilation`; the outputs of a
 * phase have the same remainder by the stride, and with it the same taps.
 */
import { ShapeError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { pairOf } from "./conv2d.ts";
import { type Epilogue, recordGemm } from "./implicit_gemm.ts";
import { type PackedWeight, type PackOptions, packWeight } from "./packed_weight.ts";

/** One phase: the output pixels with the same remainder by the stride. */
export interface Phase {
  /** Offset of the phase in height and width, 0 to stride - 1. */
  readonly at: readonly [number, number];
  /** Zeros before the first line and column. */
  readonly padding: readonly [number, number];
  /** Distance in height and width between the input pixels of neighbouring taps. */
  readonly dilation: readonly [number, number];
  /** The taps that reach the phase, as an ordinary convolution; one without channels if none does. */
  readonly weight: PackedWeight;
}

/** A transposed convolution's weight, split by phase. */
export interface TransposedWeight {
  /** One ordinary convolution each. */
  readonly phases: readonly Phase[];
  /** Enlargement in height and width. */
  readonly stride: readonly [number, number];
  /** Height and width of the result of a single pixel. */
  readonly footprint: readonly [number, number];
  /** Input channels. */
  readonly channels: number;
  /** Output channels. */
  readonly columns: number;
}

/** Options of {@link packTransposed}, with PyTorch's meaning; pairs are for height and width. */
export interface PackTransposedOptions extends PackOptions {
  /** Enlargement. */
  readonly stride: number | readonly [number, number];
  /** So many lines fewer at each side. 0 when absent. */
  readonly padding?: number | readonly [number, number];
  /** So many lines more at the end, fewer than stride or dilation. 0 when absent. */
  readonly outputPadding?: number | readonly [number, number];
  /** Distance between taps. 1 when absent. */
  readonly dilation?: number | readonly [number, number];
}

/** One axis of a transposed convolution. */
interface Axis {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly outputPadding: number;
  readonly dilation: number;
}

/** What an axis of a phase looks like as an ordinary convolution. */
interface AxisPhase {
  /** The taps that reach it, from the first input line that they read to the last. */
  readonly taps: readonly number[];
  readonly padding: number;
  readonly dilation: number;
}

function axisPhase({ kernel, stride, padding, dilation }: Axis, phase: number): AxisPhase {
  const taps: number[] = [];
  for (let tap = kernel - 1; tap >= 0; tap--) {
    if ((phase + padding - tap * dilation) % stride === 0) taps.push(tap);
  }
  const [first, second] = taps;
  return {
    taps,
    padding: first === undefined ? 0 : (first * dilation - phase - padding) / stride,
    dilation: first === undefined || second === undefined
      ? 1
      : (first - second) * dilation / stride,
  };
}

/**
 * Splits and lays out the weight of a transposed convolution.
 *
 * @param gpu The context.
 * @param data Values in the order of PyTorch, `[in, out / groups, kernel height, kernel width]`.
 * @param shape Their shape.
 * @param options Stride, padding, dilation, and how to pack.
 * @returns The packed weight; free the tensors of its phases with the model.
 * @throws {ShapeError} If the shape does not fit the data or the groups, or an option is not possible.
 *
 * @example
 * ```ts
 * import { convTranspose2d, open, packTransposed } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const weight = packTransposed(gpu, new Float32Array([1, 2]), [1, 1, 1, 2], { stride: [1, 2] });
 * const x = gpu.tensor([1, 1, 2, 1], new Float32Array([3, 5]));
 * const [y] = await gpu.read([convTranspose2d(x, weight)]);
 * console.assert(y?.join() === "3,6,5,10");
 * ```
 */
export function packTransposed(
  gpu: Gpu,
  data: Float32Array,
  shape: readonly number[],
  options: PackTransposedOptions,
): TransposedWeight {
  const { groups = 1 } = options;
  const [channels = 0, columns = 0] = shape;
  if (shape.length !== 4 || sizeOf(shape) !== data.length || channels % groups !== 0) {
    throw new ShapeError(
      `Cannot pack a transposed weight of shape [${shape}] with ${data.length} values in ${groups} ` +
        "groups: give [in, out / groups, kernel height, kernel width] with as many values.",
    );
  }
  const [rows, cols] = axesOf(shape, options);
  const phases: Phase[] = [];
  for (let py = 0; py < rows.stride; py++) {
    for (let px = 0; px < cols.stride; px++) {
      const [down, across] = [axisPhase(rows, py), axisPhase(cols, px)];
      const part = phaseWeight(data, shape, groups, [down.taps, across.taps]);
      phases.push({
        at: [py, px],
        padding: [down.padding, across.padding],
        dilation: [down.dilation, across.dilation],
        weight: packWeight(gpu, part.data, part.shape, options),
      });
    }
  }
  return {
    phases,
    stride: [rows.stride, cols.stride],
    footprint: [footprintOf(rows), footprintOf(cols)],
    channels,
    columns: columns * groups,
  };
}

function axesOf(shape: readonly number[], options: PackTransposedOptions): [Axis, Axis] {
  const { stride, padding = 0, outputPadding = 0, dilation = 1 } = options;
  const axis = (at: 0 | 1): Axis => ({
    kernel: shape[2 + at] ?? 0,
    stride: pairOf(stride)[at],
    padding: pairOf(padding)[at],
    outputPadding: pairOf(outputPadding)[at],
    dilation: pairOf(dilation)[at],
  });
  const axes: [Axis, Axis] = [axis(0), axis(1)];
  for (const { kernel, stride, padding, outputPadding, dilation } of axes) {
    const values = [kernel, stride, dilation, padding, outputPadding];
    if (
      !values.every((value, at) => Number.isInteger(value) && value >= (at < 3 ? 1 : 0)) ||
      outputPadding >= Math.max(stride, dilation)
    ) {
      throw new ShapeError(
        `Cannot pack a transposed weight with a kernel of ${kernel}, stride ${stride}, dilation ` +
          `${dilation}, padding ${padding} and output padding ${outputPadding} along an axis: give ` +
          "whole numbers, the first three above 0 and the last below stride or dilation.",
      );
    }
  }
  return axes;
}

function footprintOf({ kernel, padding, outputPadding, dilation }: Axis): number {
  return dilation * (kernel - 1) + 1 + outputPadding - 2 * padding;
}

/** `[out, in / groups, taps down, taps across]`; without channels where there are no taps. */
function phaseWeight(
  data: Float32Array,
  [channels = 0, columns = 0, kh = 0, kw = 0]: readonly number[],
  groups: number,
  [down, across]: readonly [readonly number[], readonly number[]],
): { readonly data: Float32Array; readonly shape: readonly number[] } {
  const out = columns * groups;
  const own = channels / groups;
  if (down.length * across.length === 0) return { data: new Float32Array(), shape: [out, 0, 1, 1] };
  const shape = [out, own, down.length, across.length];
  const part = new Float32Array(sizeOf(shape));
  let at = 0;
  for (let column = 0; column < out; column++) {
    const first = Math.floor(column / columns) * own;
    for (let channel = first; channel < first + own; channel++) {
      const from = (channel * columns + column % columns) * kh;
      for (const ky of down) {
        for (const kx of across) part[at++] = data[(from + ky) * kw + kx] ?? 0;
      }
    }
  }
  return { data: part, shape };
}

/**
 * A transposed convolution.
 *
 * @param x `[batch, height, width, in]`.
 * @param weight Packed by {@link packTransposed}.
 * @param epilogue Bias, activation, scale and residual; rows of a table are not available here.
 * @returns `[batch, height, width, out]`, where height and width are `(extent - 1) * stride -
 *   2 * padding + dilation * (kernel - 1) + outputPadding + 1`.
 * @throws {ShapeError} If the shapes do not fit, or x is neither f32 nor f16, or another dtype differs.
 */
export function convTranspose2d(
  x: Tensor,
  weight: TransposedWeight,
  epilogue: Omit<Epilogue, "lookup"> = {},
): Tensor {
  checkNoLookup(epilogue);
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const { stride: [sh, sw], footprint, phases, columns } = weight;
  if (x.shape.length !== 4 || channels !== weight.channels) {
    throw new ShapeError(
      `Cannot apply a transposed convolution to [${x.shape}]: the weight takes ` +
        `${weight.channels} channels. Give [batch, height, width, ${weight.channels}].`,
    );
  }
  const fullHeight = Math.max(0, (height - 1) * sh + footprint[0]);
  const fullWidth = Math.max(0, (width - 1) * sw + footprint[1]);
  const y = x.gpu.empty([batch, fullHeight, fullWidth, columns], x.dtype);
  for (const { at: [py, px], padding, dilation, weight: part } of phases) {
    recordGemm({
      label: "conv_transpose2d",
      x,
      weight: part,
      y,
      geometry: {
        input: [batch, height, width],
        output: [
          batch,
          Math.max(0, Math.ceil((fullHeight - py) / sh)),
          Math.max(0, Math.ceil((fullWidth - px) / sw)),
        ],
        stride: [1, 1, 1],
        dilation: [1, ...dilation],
        padding: [0, ...padding],
      },
      epilogue,
      store: { order: "phase", values: [fullHeight, fullWidth, sh, sw, py, px] },
    });
  }
  return y;
}

/** Each phase would count its own rows from 0 and add those of others; the types do not bind everyone. */
function checkNoLookup(epilogue: Epilogue): void {
  if (epilogue.lookup === undefined) return;
  throw new ShapeError(
    "Cannot add rows of a table in a transposed convolution: its phases do not follow the rows of " +
      "the result. Leave `lookup` out and add them afterwards.",
  );
}
