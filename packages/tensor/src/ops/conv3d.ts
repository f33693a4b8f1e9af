/** Convolutions of video, channels last, causal in time. */
import { ShapeError } from "../errors.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { convExtent, paddingOf, stepsOf } from "./conv2d.ts";
import { checkFloats } from "./dtype.ts";
import { type Epilogue, recordGemm } from "./implicit_gemm.ts";
import type { PackedWeight } from "./packed_weight.ts";

/** Options of {@link conv3d}. */
export interface Conv3dOptions extends Epilogue {
  /** Frames before the first one, `[frames, height, width, in]`; further ones are zero. */
  readonly history?: Tensor;
  /** Zero frames before history and input; as many as make the convolution causal when absent. */
  readonly timePadding?: number;
  /** Step in time. 1 when absent. */
  readonly timeStride?: number;
  /** Step in height and width. 1 when absent. */
  readonly stride?: number | readonly [number, number];
  /** Zeros around each frame: one number, or top, bottom, left, right. 0 when absent. */
  readonly padding?: number | readonly [number, number, number, number];
  /** Distance between taps in time. 1 when absent. */
  readonly timeDilation?: number;
  /** Distance between taps in height and width. 1 when absent. */
  readonly dilation?: number | readonly [number, number];
  /** Enlarge each frame by 2, nearest neighbour, while reading it. */
  readonly upsample?: boolean;
}

/**
 * A dense or grouped convolution over frames, height and width that sees no later frame.
 *
 * @param x `[frames, height, width, in]`.
 * @param weight Packed from `[out, in / groups, kernel frames, kernel height, kernel width]`.
 * @param options Earlier frames, strides, padding, dilation and epilogue.
 * @returns `[frames, height, width, out]`.
 * @throws {ShapeError} If the shapes do not fit, or x is neither f32 nor f16, or another dtype differs.
 */
export function conv3d(x: Tensor, weight: PackedWeight, options: Conv3dOptions = {}): Tensor {
  const {
    history,
    timePadding,
    timeStride = 1,
    stride,
    padding,
    timeDilation = 1,
    dilation,
    upsample,
    ...epilogue
  } = options;
  const { taps, groups } = weight;
  checkFrames(x, weight, history);
  checkFloats("conv3d", { x, history });
  const past = history?.shape[0] ?? 0;
  const [frames = 0, height = 0, width = 0] = x.shape;
  const [sh, sw] = stepsOf("stride", stride);
  const [dh, dw] = stepsOf("dilation", dilation);
  stepsOf("stride", timeStride);
  stepsOf("dilation", timeDilation);
  const [top, bottom, left, right] = paddingOf(padding);
  const [ih, iw] = upsample ? [height * 2, width * 2] : [height, width];
  const front = timePadding ?? Math.max(0, (taps[0] - 1) * timeDilation - past);
  const all = history && past > 0 ? joinFrames(history, x) : x;
  const output = [
    convExtent(front + past + frames, taps[0], timeStride, timeDilation),
    convExtent(ih + top + bottom, taps[1], sh, dh),
    convExtent(iw + left + right, taps[2], sw, dw),
  ] as const;
  const y = x.gpu.empty([...output, weight.columns * groups], x.dtype);
  recordGemm({
    label: "conv3d",
    x: all,
    weight,
    y,
    geometry: {
      input: [past + frames, ih, iw],
      output,
      stride: [timeStride, sh, sw],
      dilation: [timeDilation, dh, dw],
      padding: [front, top, left],
      upsample: upsample ?? false,
    },
    epilogue,
  });
  if (all !== x) x.gpu.free(all);
  return y;
}

/**
 * Frames one after the other.
 *
 * @param first `[frames, ...]`.
 * @param second `[frames, ...]` with the same extents behind.
 * @returns Both in one tensor.
 */
export function joinFrames(first: Tensor, second: Tensor): Tensor {
  const [firstFrames = 0, ...frame] = first.shape;
  const [secondFrames = 0] = second.shape;
  const joined = first.gpu.empty([firstFrames + secondFrames, ...frame], first.dtype);
  first.gpu.copy(first, joined);
  first.gpu.copy(second, joined, { toStart: sizeOf(first.shape) });
  return joined;
}

function checkFrames(x: Tensor, weight: PackedWeight, history: Tensor | undefined): void {
  const channels = weight.channels * weight.groups;
  if (x.shape.length !== 4 || x.shape[3] !== channels) {
    throw new ShapeError(
      `Cannot convolve frames [${x.shape}]: the weight takes ${channels} channels. ` +
        `Give [frames, height, width, ${channels}].`,
    );
  }
  if (history && history.shape.slice(1).join() !== x.shape.slice(1).join()) {
    throw new ShapeError(
      `Cannot convolve frames [${x.shape}] after [${history.shape}]: the frames differ. ` +
        `Give earlier frames of the same size.`,
    );
  }
}
