/** Convolutions of pictures, channels last. */
import { ShapeError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import type { GemmForm } from "./gemm_form.ts";
import { type Epilogue, recordGemm } from "./implicit_gemm.ts";
import type { PackedWeight } from "./packed_weight.ts";

/** Options of {@link conv2d}. */
export interface Conv2dOptions extends Epilogue {
  /** Step in height and width; one number for both. 1 when absent. */
  readonly stride?: number | readonly [number, number];
  /** Zeros around the picture: one number, or top, bottom, left, right. 0 when absent. */
  readonly padding?: number | readonly [number, number, number, number];
  /** Distance between taps in height and width. 1 when absent. */
  readonly dilation?: number | readonly [number, number];
  /** Enlarge the picture by 2, nearest neighbour, while reading it. */
  readonly upsample?: boolean;
  /**
   * u32 `[batch, height, width]`, for a picture that is mostly empty and never made: `x` is then
   * `[rows, in]`, and each pixel names its row, or `NO_ROW` where it is zero.
   */
  readonly pixels?: Tensor;
  /** The picture has more channels than the weight takes, in fours: the first ones are read. */
  readonly leading?: boolean;
  /** Kernel form to force; the adapter and the extents decide when absent. */
  readonly form?: GemmForm;
}

/** The pair that a number or a pair stands for. */
export function pairOf(value: number | readonly [number, number] = 1): readonly [number, number] {
  return typeof value === "number" ? [value, value] : value;
}

/**
 * Steps along height and width.
 *
 * @param name What they are, for the error.
 * @param value A number for both, or a pair.
 * @returns The pair.
 * @throws {ShapeError} If one of them is not a whole number from 1 on.
 */
export function stepsOf(
  name: "stride" | "dilation",
  value: number | readonly [number, number] | undefined,
): readonly [number, number] {
  const pair = pairOf(value);
  if (pair.every((step) => Number.isInteger(step) && step >= 1)) return pair;
  throw new ShapeError(
    `Cannot convolve with a ${name} of [${pair}]. Give whole numbers from 1 on.`,
  );
}

/** The four paddings that a number or four numbers stand for. */
export function paddingOf(
  value: number | readonly [number, number, number, number] = 0,
): readonly [number, number, number, number] {
  return typeof value === "number" ? [value, value, value, value] : value;
}

/**
 * Extent of a convolution's output along one axis.
 *
 * @param padded Input extent with its padding.
 * @param taps Kernel extent.
 * @param stride Step.
 * @param dilation Distance between taps.
 * @returns Output extent, 0 when the kernel does not fit.
 */
export function convExtent(padded: number, taps: number, stride = 1, dilation = 1): number {
  return Math.max(0, Math.floor((padded - dilation * (taps - 1) - 1) / stride) + 1);
}

/**
 * A dense or grouped convolution.
 *
 * @param x `[batch, height, width, in]`.
 * @param weight Packed from `[out, in / groups, kernel height, kernel width]`.
 * @param options Stride, padding, dilation, enlargement, what of x is read, and epilogue.
 * @returns `[batch, height, width, out]`.
 * @throws {ShapeError} If the shapes do not fit, x is neither f32 nor f16, another dtype differs, or the
 *   form cannot run.
 */
export function conv2d(x: Tensor, weight: PackedWeight, options: Conv2dOptions = {}): Tensor {
  const { stride, padding, dilation, upsample = false, pixels, leading, form, ...epilogue } =
    options;
  const shape = pixels ? [...pixels.shape, x.shape.at(-1) ?? 0] : x.shape;
  const [batch = 0, height = 0, width = 0, channels = 0] = shape;
  const { taps, groups } = weight;
  if (pixels && (pixels.dtype !== "u32" || x.shape.length !== 2 || upsample)) {
    throw new ShapeError(
      `Cannot convolve rows [${x.shape}] of ${pixels.dtype} [${pixels.shape}] pixels: give ` +
        "[rows, channels] and u32 [batch, height, width], without enlargement.",
    );
  }
  const taken = weight.channels * groups;
  const fits = leading ? channels >= taken && channels % 4 === 0 : channels === taken;
  if (shape.length !== 4 || !fits || taps[0] !== 1) {
    throw new ShapeError(
      `Cannot convolve [${shape}]: the weight takes ${taken} channels. Give [batch, height, width, ` +
        `${taken}${leading ? " or a larger multiple of 4" : ""}].`,
    );
  }
  const [sh, sw] = stepsOf("stride", stride);
  const [dh, dw] = stepsOf("dilation", dilation);
  const [top, bottom, left, right] = paddingOf(padding);
  const [ih, iw] = upsample ? [height * 2, width * 2] : [height, width];
  const oh = convExtent(ih + top + bottom, taps[1], sh, dh);
  const ow = convExtent(iw + left + right, taps[2], sw, dw);
  const y = x.gpu.empty([batch, oh, ow, weight.columns * groups], x.dtype);
  recordGemm({
    label: "conv2d",
    x,
    weight,
    y,
    geometry: {
      input: [batch, ih, iw],
      output: [batch, oh, ow],
      stride: [1, sh, sw],
      dilation: [1, dh, dw],
      padding: [0, top, left],
      upsample,
    },
    epilogue,
    form,
    rowChannels: channels,
    ...(pixels ? { pixels } : {}),
  });
  return y;
}
