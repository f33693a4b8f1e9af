/** Pooling of pictures, channels last. */
import { ShapeError } from "../errors.ts";
import { pool, POOL_THREADS, type PoolSpec } from "../kernels/pool.ts";
import { reshape, sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import { pairOf } from "./conv2d.ts";
import { reduce } from "./reduce.ts";

/** Options of {@link pool2d}. */
export interface Pool2dOptions {
  /** The largest value, or the average. */
  readonly kind: "max" | "average";
  /** Height and width of the windows; one number for both. */
  readonly kernel: number | readonly [number, number];
  /** Step between windows; the kernel when absent. */
  readonly stride?: number | readonly [number, number];
  /** Lines and columns around the picture that windows may reach into, at most half the kernel. */
  readonly padding?: number | readonly [number, number];
  /** Averages count the padding as zeros; true when absent, as in PyTorch. */
  readonly countIncludePad?: boolean;
  /** A last window may reach beyond the padding. */
  readonly ceilMode?: boolean;
}

/**
 * Largest value or average of every window.
 *
 * @param x f32 `[pictures, height, width, channels]`.
 * @param options Windows, with PyTorch's meaning.
 * @returns `[pictures, windows down, windows across, channels]`.
 * @throws {ShapeError} If no window fits, or the padding is more than half the kernel.
 *
 * @example
 * ```ts
 * import { open, pool2d } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 2, 2, 1], new Float32Array([1, 2, 3, 4]));
 * const [y] = await gpu.read([pool2d(x, { kind: "average", kernel: 2 })]);
 * console.assert(y?.[0] === 2.5);
 * ```
 */
export function pool2d(x: Tensor, options: Pool2dOptions): Tensor {
  const kernel = pairOf(options.kernel);
  const stride = pairOf(options.stride ?? options.kernel);
  const padding = pairOf(options.padding ?? 0);
  const [, height = 0, width = 0] = x.shape;
  const output = [height, width].map((extent, axis) =>
    windowsAlong({
      extent,
      taps: kernel[axis] ?? 1,
      step: stride[axis] ?? 1,
      padding: padding[axis] ?? 0,
      ceil: options.ceilMode ?? false,
    })
  ) as [number, number];
  const fits = [0, 1].every((axis) => 2 * (padding[axis] ?? 0) <= (kernel[axis] ?? 0));
  if (x.shape.length !== 4 || x.dtype !== "f32" || Math.min(...output) < 1 || !fits) {
    throw new ShapeError(
      `Cannot pool ${x.dtype} [${x.shape}] with a kernel of [${kernel}] and padding of ` +
        `[${padding}]. Give f32 [pictures, height, width, channels], a kernel that fits, and at ` +
        "most half of it as padding.",
    );
  }
  const spec = {
    kind: options.kind,
    windows: "strided" as const,
    countPadding: options.countIncludePad ?? true,
  };
  return recordPool(x, output, spec, [...kernel, ...stride, ...padding]);
}

/**
 * Averages over as many windows as the output has pixels, whatever the picture's extents: window i
 * of n covers `⌊i·extent/n⌋` to `⌈(i+1)·extent/n⌉`.
 *
 * @param x f32 `[pictures, height, width, channels]`.
 * @param size Height and width of the output; one number for both.
 * @returns `[pictures, ...size, channels]`.
 * @throws {ShapeError} If the picture is empty or the size is not positive.
 *
 * @example
 * ```ts
 * import { adaptiveAveragePool2d, open } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 1, 3, 1], new Float32Array([1, 2, 6]));
 * const [y] = await gpu.read([adaptiveAveragePool2d(x, [1, 2])]);
 * console.assert(y?.[0] === 1.5 && y[1] === 4);
 * ```
 */
export function adaptiveAveragePool2d(
  x: Tensor,
  size: number | readonly [number, number],
): Tensor {
  const output = pairOf(size);
  const [pictures = 0, height = 0, width = 0, channels = 0] = x.shape;
  if (
    x.shape.length !== 4 || x.dtype !== "f32" || height * width === 0 ||
    !output.every((extent) => Number.isInteger(extent) && extent > 0)
  ) {
    throw new ShapeError(
      `Cannot average ${x.dtype} [${x.shape}] to [${output}]. ` +
        "Give f32 [pictures, height, width, channels] and whole numbers above 0.",
    );
  }
  if (sizeOf(output) === 1) {
    const mean = reduce(reshape(x, [pictures, height * width, channels]), "mean", { axis: 1 });
    return reshape(mean, [pictures, 1, 1, channels]);
  }
  const kernel = [Math.ceil(height / output[0]) + 1, Math.ceil(width / output[1]) + 1];
  const spec = { kind: "average" as const, windows: "adaptive" as const, countPadding: false };
  return recordPool(x, output, spec, [...kernel, 0, 0, 0, 0]);
}

function windowsAlong(
  { extent, taps, step, padding, ceil }: {
    readonly extent: number;
    readonly taps: number;
    readonly step: number;
    readonly padding: number;
    readonly ceil: boolean;
  },
): number {
  const room = (extent + 2 * padding - taps) / step;
  if (room < 0 && !ceil) return 0;
  const windows = (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
  // A window that would start in the padding behind the picture is dropped.
  return (windows - 1) * step >= extent + padding ? windows - 1 : windows;
}

function recordPool(
  x: Tensor,
  output: readonly [number, number],
  spec: Omit<PoolSpec, "vector">,
  window: readonly number[],
): Tensor {
  const [pictures = 0, height = 0, width = 0, channels = 0] = x.shape;
  const [kernelHeight = 1, kernelWidth = 1] = window;
  const y = x.gpu.empty([pictures, ...output, channels]);
  const vector = channels % 4 === 0;
  const step = vector ? 4 : 1;
  const total = sizeOf(y.shape) / step;
  x.gpu.dispatch({
    kernel: x.gpu.kernel("pool", { ...spec, vector }, pool),
    tensors: [x, y],
    params: [total, channels / step, height, width, ...output, ...window],
    grid: flatGrid(Math.ceil(total / POOL_THREADS)),
    flops: total * step * kernelHeight * kernelWidth,
    iterations: kernelHeight * (kernelWidth + 1),
  });
  return y;
}
