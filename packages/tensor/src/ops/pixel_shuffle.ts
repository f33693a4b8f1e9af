/** Channels to pixels and back. */
import { ShapeError } from "../errors.ts";
import { pixelShuffle as build, SHUFFLE_THREADS } from "../kernels/pixel_shuffle.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import { checkF32, checkFloats } from "./dtype.ts";

/** Options of {@link pixelShuffle}. */
export interface PixelShuffleOptions {
  /** A picture of the result's shape that the result is added to. */
  readonly residual?: Tensor;
  /** Factor of the result before that addition; 1 when absent. */
  readonly scale?: number;
}

/**
 * Makes each pixel a square of `side` × `side` pixels out of its channels, in PyTorch's order.
 *
 * @param x f32 or f16 `[pictures, height, width, channels · side²]`.
 * @param side Side of the square.
 * @param options A picture to add to.
 * @returns f32 `[pictures, height · side, width · side, channels]`.
 * @throws {ShapeError} If the channels are no multiple of side², or the residual has another shape.
 *
 * @example
 * ```ts
 * import { open, pixelShuffle } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 1, 1, 4], new Float32Array([1, 2, 3, 4]));
 * const y = pixelShuffle(x, 2);
 * console.assert(y.shape.join() === "1,2,2,1");
 * ```
 */
export function pixelShuffle(
  x: Tensor,
  side: number,
  options: PixelShuffleOptions = {},
): Tensor {
  const [pictures = 0, height = 0, width = 0, planes = 0] = x.shape;
  const channels = planes / (side * side);
  if (x.shape.length !== 4 || !Number.isInteger(channels)) {
    throw new ShapeError(
      `Cannot shuffle [${x.shape}] by ${side}: give ` +
        `[pictures, height, width, n · ${side * side}].`,
    );
  }
  const { residual, scale = 1 } = options;
  const half = checkFloats("pixel shuffle", { x });
  checkF32("pixel shuffle", { residual });
  const y = x.gpu.empty([pictures, height * side, width * side, channels]);
  if (residual && sizeOf(residual.shape) !== sizeOf(y.shape)) {
    throw new ShapeError(
      `Cannot add to [${residual.shape}]: the shuffled picture is [${y.shape}].`,
    );
  }
  const spec = { side, channels, residual: residual !== undefined, inverse: false, half };
  const count = pictures * height * width;
  x.gpu.dispatch({
    kernel: x.gpu.kernel("pixel_shuffle", spec, build),
    tensors: [x, ...(residual ? [residual] : []), y],
    params: [count, height, width, scale],
    grid: flatGrid(Math.ceil(count / SHUFFLE_THREADS)),
    iterations: side * side * channels,
  });
  return y;
}

/**
 * Makes each square of pixels one pixel with more channels; the inverse of {@link pixelShuffle}.
 *
 * @param x f32 or f16 `[pictures, height, width, channels]`, height and width multiples of `side`.
 * @param side Side of the square.
 * @returns f32 `[pictures, height / side, width / side, channels · side²]`.
 * @throws {ShapeError} If height or width are no multiples of `side`.
 *
 * @example
 * ```ts
 * import { open, pixelUnshuffle } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 2, 2, 1], new Float32Array([1, 2, 3, 4]));
 * const y = pixelUnshuffle(x, 2);
 * console.assert(y.shape.join() === "1,1,1,4");
 * ```
 */
export function pixelUnshuffle(x: Tensor, side: number): Tensor {
  const [pictures = 0, height = 0, width = 0, channels = 0] = x.shape;
  const whole = height % side === 0 && width % side === 0;
  if (x.shape.length !== 4 || !whole) {
    throw new ShapeError(
      `Cannot unshuffle [${x.shape}] by ${side}: give pictures whose height and ` +
        `width are multiples of it.`,
    );
  }
  const half = checkFloats("pixel unshuffle", { x });
  const y = x.gpu.empty([pictures, height / side, width / side, channels * side * side]);
  const count = sizeOf(y.shape.slice(0, 3));
  x.gpu.dispatch({
    kernel: x.gpu.kernel(
      "pixel_shuffle",
      { side, channels, residual: false, inverse: true, half },
      build,
    ),
    tensors: [x, y],
    params: [count, height / side, width / side, 1],
    grid: flatGrid(Math.ceil(count / SHUFFLE_THREADS)),
    iterations: side * side * channels,
  });
  return y;
}
