/** Borders around pictures. */
import { ShapeError } from "../errors.ts";
import { pad as build, PAD_THREADS, type PadMode } from "../kernels/pad.ts";
import { DTYPE_BYTES, sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";

/** Lines and columns to add on each side; 0 when absent. */
export interface Border {
  /** Lines above. */
  readonly top?: number;
  /** Lines below. */
  readonly bottom?: number;
  /** Columns before. */
  readonly left?: number;
  /** Columns after. */
  readonly right?: number;
}

/**
 * Adds a border to pictures.
 *
 * @param x `[pictures, height, width, channels]` of 32-bit elements.
 * @param border Lines and columns on each side.
 * @param mode `zero`, `replicate` for the nearest pixel, or `reflect` for the mirror image without
 *   the edge itself, whose border must be smaller than the picture.
 * @returns `[pictures, top + height + bottom, left + width + right, channels]`.
 * @throws {ShapeError} If the picture is too small for the border, or an extent is no whole number.
 *
 * @example
 * ```ts
 * import { open, pad } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 1, 3, 1], new Float32Array([1, 2, 3]));
 * const [y] = await gpu.read([pad(x, { left: 2, right: 1 }, "reflect")]);
 * console.assert(y?.join() === "3,2,1,2,3,2");
 * ```
 */
export function pad(x: Tensor, border: Border, mode: PadMode): Tensor {
  const [pictures = 0, height = 0, width = 0, channels = 0] = x.shape;
  const { top = 0, bottom = 0, left = 0, right = 0 } = border;
  const sides = [top, bottom, left, right];
  if (x.shape.length !== 4 || DTYPE_BYTES[x.dtype] !== 4) {
    throw new ShapeError(
      `Cannot pad ${x.dtype} [${x.shape}]: give [pictures, height, width, channels] of 32 bits.`,
    );
  }
  if (!sides.every((extent) => Number.isInteger(extent) && extent >= 0)) {
    throw new ShapeError(`Cannot pad by [${sides}]: borders are whole numbers of at least 0.`);
  }
  const least = (border: number) => mode === "reflect" ? border + 1 : mode === "zero" ? 0 : 1;
  const fits = (border: number, extent: number) => border === 0 || extent >= least(border);
  if (!fits(Math.max(top, bottom), height) || !fits(Math.max(left, right), width)) {
    throw new ShapeError(
      `Cannot pad [${x.shape}] by [${sides}] (${mode}): the picture is too small. ` +
        `Use smaller borders, or replicate.`,
    );
  }
  const shape = [pictures, top + height + bottom, left + width + right, channels];
  const y = x.gpu.empty(shape, x.dtype);
  if (sizeOf(x.shape) === 0) {
    x.gpu.clear(y);
    return y;
  }
  const vector = channels % 4 === 0;
  const step = vector ? 4 : 1;
  const count = sizeOf(shape) / step;
  x.gpu.dispatch({
    kernel: x.gpu.kernel("pad", { mode, vector }, build),
    tensors: [x, y],
    params: [count, height, width, channels / step, ...shape.slice(1, 3), top, left],
    grid: flatGrid(Math.ceil(count / PAD_THREADS)),
  });
  return y;
}
