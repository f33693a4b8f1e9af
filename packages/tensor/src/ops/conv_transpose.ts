/** Transposed convolutions, as one ordinary convolution for each phase of the output. */
import { ShapeError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { type Epilogue, recordGemm } from "./implicit_gemm.ts";
import { type GemmVariant, type PackedWeight, packWeight } from "./packed_weight.ts";

/** One phase: the output pixels with the same remainder by the stride. */
export interface Phase {
  /** Offset of the phase in height and width, 0 to stride - 1. */
  readonly at: readonly [number, number];
  /** Zeros before the first line and column. */
  readonly padding: readonly [number, number];
  /** The taps that reach the phase, as an ordinary convolution. */
  readonly weight: PackedWeight;
}

/** A transposed convolution's weight, split by phase. */
export interface TransposedWeight {
  /** One ordinary convolution each. */
  readonly phases: readonly Phase[];
  /** Enlargement in height and width. */
  readonly stride: number;
  /** Lines and columns left out at each side. */
  readonly padding: number;
  /** Kernel height and width. */
  readonly kernel: readonly [number, number];
  /** Input channels. */
  readonly channels: number;
  /** Output channels. */
  readonly columns: number;
}

/** Options of {@link packTransposed}. */
export interface PackTransposedOptions {
  /** Enlargement in height and width. */
  readonly stride: number;
  /** As PyTorch counts it: so many lines fewer at each side. 0 when absent. */
  readonly padding?: number;
  /** Kernel to pack for; the adapter decides when absent. */
  readonly variant?: GemmVariant;
}

/** Taps of one axis that reach a phase, from the first input line that they read to the last. */
function axisPhase(kernel: number, stride: number, padding: number, phase: number) {
  const remainder = (phase + padding) % stride;
  const taps: number[] = [];
  for (let tap = remainder; tap < kernel; tap += stride) taps.unshift(tap);
  return { taps, padding: Math.max(0, taps.length - 1) - Math.floor((phase + padding) / stride) };
}

/**
 * Splits and lays out the weight of a transposed convolution.
 *
 * @param gpu The context.
 * @param data Values in the order of PyTorch, `[in, out, kernel height, kernel width]`.
 * @param shape Their shape.
 * @param options Stride and padding.
 * @returns The packed weight; free the tensors of its phases with the model.
 * @throws {ShapeError} If the shape does not fit, or the kernel is smaller than the stride.
 */
export function packTransposed(
  gpu: Gpu,
  data: Float32Array,
  shape: readonly number[],
  options: PackTransposedOptions,
): TransposedWeight {
  const { stride, padding = 0, variant } = options;
  const [channels = 0, columns = 0, kh = 0, kw = 0] = shape;
  if (shape.length !== 4 || sizeOf(shape) !== data.length || Math.min(kh, kw) < stride) {
    throw new ShapeError(
      `Cannot pack a transposed weight of shape [${shape}] with stride ${stride}: ` +
        `give [in, out, kernel height, kernel width] with a kernel of at least the stride.`,
    );
  }
  const phases: Phase[] = [];
  for (let py = 0; py < stride; py++) {
    for (let px = 0; px < stride; px++) {
      const rows = axisPhase(kh, stride, padding, py);
      const cols = axisPhase(kw, stride, padding, px);
      const part: number[] = [];
      for (let out = 0; out < columns; out++) {
        for (let channel = 0; channel < channels; channel++) {
          const from = (channel * columns + out) * kh;
          for (const ky of rows.taps) {
            for (const kx of cols.taps) part.push(data[(from + ky) * kw + kx] ?? 0);
          }
        }
      }
      const partShape = [columns, channels, rows.taps.length, cols.taps.length];
      phases.push({
        at: [py, px],
        padding: [rows.padding, cols.padding],
        weight: packWeight(gpu, Float32Array.from(part), partShape, variant ? { variant } : {}),
      });
    }
  }
  return { phases, stride, padding, kernel: [kh, kw], channels, columns };
}

/**
 * A transposed convolution.
 *
 * @param x `[batch, height, width, in]`.
 * @param weight Packed by {@link packTransposed}.
 * @param epilogue Bias, activation, scale and residual; rows of a table are not available here.
 * @returns `[batch, (height - 1) * stride - 2 * padding + kernel, ..., out]`.
 * @throws {ShapeError} If the shapes do not fit, or a dtype is not f32.
 */
export function convTranspose2d(
  x: Tensor,
  weight: TransposedWeight,
  epilogue: Omit<Epilogue, "lookup"> = {},
): Tensor {
  checkNoLookup(epilogue);
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const { stride, padding, kernel, phases, columns } = weight;
  if (x.shape.length !== 4 || channels !== weight.channels) {
    throw new ShapeError(
      `Cannot apply a transposed convolution to [${x.shape}]: the weight takes ` +
        `${weight.channels} channels. Give [batch, height, width, ${weight.channels}].`,
    );
  }
  const fullHeight = Math.max(0, (height - 1) * stride - 2 * padding + kernel[0]);
  const fullWidth = Math.max(0, (width - 1) * stride - 2 * padding + kernel[1]);
  const y = x.gpu.empty([batch, fullHeight, fullWidth, columns]);
  for (const { at: [py, px], padding: [top, left], weight: part } of phases) {
    recordGemm({
      label: "conv_transpose2d",
      x,
      weight: part,
      y,
      geometry: {
        input: [batch, height, width],
        output: [
          batch,
          Math.max(0, Math.ceil((fullHeight - py) / stride)),
          Math.max(0, Math.ceil((fullWidth - px) / stride)),
        ],
        stride: [1, 1, 1],
        dilation: [1, 1, 1],
        padding: [0, top, left],
      },
      epilogue,
      store: { order: "phase", values: [fullHeight, fullWidth, stride, stride, py, px] },
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
