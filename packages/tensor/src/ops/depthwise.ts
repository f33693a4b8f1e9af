/** Depthwise convolutions, channels last. */
import { ShapeError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { depthwise } from "../kernels/depthwise.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import { type Conv2dOptions, convExtent, paddingOf, stepsOf } from "./conv2d.ts";
import { checkF32 } from "./dtype.ts";
import { checkEpilogue } from "./implicit_gemm.ts";

/** Filters of a depthwise convolution, `[kernel height, kernel width, channels]`. */
export interface DepthwiseWeight {
  /** The filters, channels last. */
  readonly tensor: Tensor;
  /** Kernel height and width. */
  readonly taps: readonly [number, number];
  /** How many filters there are. */
  readonly channels: number;
}

/**
 * Lays out the filters of a depthwise convolution.
 *
 * @param gpu The context.
 * @param data Values in the order of PyTorch, `[channels, 1, kernel height, kernel width]`.
 * @param shape Their shape.
 * @returns The packed filters.
 * @throws {ShapeError} If the shape does not fit.
 */
export function packDepthwise(
  gpu: Gpu,
  data: Float32Array,
  shape: readonly number[],
): DepthwiseWeight {
  const [channels = 0, one, kh = 1, kw = 1] = shape;
  if (shape.length !== 4 || one !== 1 || sizeOf(shape) !== data.length) {
    throw new ShapeError(
      `Cannot pack depthwise filters of shape [${shape}] with ${data.length} values: ` +
        `give [channels, 1, kernel height, kernel width].`,
    );
  }
  const packed = new Float32Array(data.length);
  for (let c = 0; c < channels; c++) {
    for (let tap = 0; tap < kh * kw; tap++) {
      packed[tap * channels + c] = data[c * kh * kw + tap] ?? 0;
    }
  }
  return { tensor: gpu.tensor([kh, kw, channels], packed), taps: [kh, kw], channels };
}

/**
 * A depthwise convolution.
 *
 * @param x `[batch, height, width, channels]`.
 * @param weight Packed filters.
 * @param options Stride, padding, dilation and epilogue; enlargement is not available here.
 * @returns `[batch, height, width, channels]`.
 * @throws {ShapeError} If the shapes do not fit, or a dtype is not f32.
 */
export function depthwiseConv2d(
  x: Tensor,
  weight: DepthwiseWeight,
  options: Omit<Conv2dOptions, "upsample" | "pixels" | "lookup" | "finalActivation"> = {},
): Tensor {
  const { stride, padding, dilation, ...epilogue } = options;
  const [batch = 0, ih = 0, iw = 0, channels = 0] = x.shape;
  if (x.shape.length !== 4 || channels !== weight.channels) {
    throw new ShapeError(
      `Cannot convolve [${x.shape}] depthwise: there are ${weight.channels} filters. ` +
        `Give [batch, height, width, ${weight.channels}].`,
    );
  }
  const [sh, sw] = stepsOf("stride", stride);
  const [dh, dw] = stepsOf("dilation", dilation);
  const [top, bottom, left, right] = paddingOf(padding);
  const oh = convExtent(ih + top + bottom, weight.taps[0], sh, dh);
  const ow = convExtent(iw + left + right, weight.taps[1], sw, dw);
  const y = x.gpu.empty([batch, oh, ow, channels]);
  checkF32("depthwise", { x });
  checkEpilogue({ label: "depthwise", x, y, epilogue }, channels);
  const vector = channels % 4 === 0;
  const c = vector ? channels / 4 : channels;
  const adjacent = [sh, sw, dh, dw].every((step) => step === 1);
  const { threads, most } = CUTS[x.gpu.caps.isCpu ? "cpu" : "gpu"];
  const columns = adjacent ? widestFit(most.columns, ow, weight.taps[1]) : COLUMNS;
  const rows = adjacent ? walkedRows(oh, most.rows) : 1;
  const blocks = Math.ceil(ow / columns);
  const lines = Math.ceil(oh / rows);
  const total = batch * lines * blocks * c;
  const spec = {
    taps: weight.taps,
    adjacent,
    columns,
    threads,
    vector,
    epilogue: {
      bias: epilogue.bias !== undefined,
      activation: epilogue.activation ?? "none",
      scale: epilogue.scale !== undefined,
      residual: epilogue.residual !== undefined,
    },
  } as const;
  x.gpu.dispatch({
    kernel: x.gpu.kernel("depthwise", spec, depthwise),
    tensors: [
      x,
      weight.tensor,
      ...[epilogue.bias, epilogue.scale, epilogue.residual].filter((t) => t !== undefined),
      y,
    ],
    params: [
      total,
      c,
      blocks,
      lines,
      rows,
      ih,
      iw,
      oh,
      ow,
      sh,
      sw,
      dh,
      dw,
      top,
      left,
      epilogue.alpha ?? 1,
    ],
    grid: flatGrid(Math.ceil(total / threads)),
    flops: 2 * sizeOf(y.shape) * weight.taps[0] * weight.taps[1],
    iterations: adjacent ? rows + weight.taps[0] : weight.taps[0] * (weight.taps[1] + 1),
  });
  return y;
}

/** Columns of an invocation where neighbours cannot share all that they read. */
const COLUMNS = 4;

/**
 * Invocations of a workgroup, and columns and lines that one of them makes at most. On llvmpipe, where
 * loads are dear and everything else is cheap, 7 columns and 14 lines instead of 4 and 4 took three
 * quarters of the time for 56 × 56 pixels and two thirds for 14 × 14.
 */
const CUTS = {
  cpu: { threads: 8, most: { columns: 7, rows: 14 } },
  gpu: { threads: 64, most: { columns: COLUMNS, rows: 4 } },
};

/** The number of columns, four or as many as there may be, that reads the fewest pixels of a line. */
function widestFit(most: number, width: number, taps: number): number {
  const read = (columns: number) => Math.ceil(width / columns) * (columns + taps - 1);
  return read(most) < read(COLUMNS) ? most : COLUMNS;
}

/** Lines of an invocation, as even as they can be; one where there are none, since grids divide by it. */
export function walkedRows(height: number, most: number): number {
  return Math.max(1, Math.ceil(height / Math.max(1, Math.ceil(height / most))));
}
