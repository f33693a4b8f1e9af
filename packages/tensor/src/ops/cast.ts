/** Activations in half the memory. */
import { ShapeError } from "../errors.ts";
import { cast as build, CAST_THREADS } from "../kernels/cast.ts";
import { type DType, sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import { isFloat } from "./dtype.ts";

/**
 * The same values as 16-bit or as 32-bit floats. Convolutions, linear layers, norms, slices, joins and
 * pixel shuffles take either, compute in 32 bits and give what they took; other operations want f32 and
 * say so.
 *
 * @param x f32 or f16.
 * @param dtype What is wanted, f32 or f16. Values beyond ±65504 are too large for f16.
 * @returns The same shape; x itself where it has that dtype.
 * @throws {ShapeError} If x has or is to have another dtype, or the adapter has no 16-bit floats.
 *
 * @example
 * ```ts
 * import { cast, open } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2], new Float32Array([1, 2.5]));
 * if (gpu.caps.f16) {
 *   const [values] = await gpu.read([cast(x, "f16")]);
 *   assert.deepEqual([...values ?? []], [1, 2.5]);
 * }
 * ```
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  if (!x.gpu.caps.f16 || !isFloat(x.dtype) || !isFloat(dtype)) {
    throw new ShapeError(
      `Cannot cast ${x.dtype} [${x.shape}] to ${dtype}: ` +
        (x.gpu.caps.f16
          ? "f32 and f16 are possible."
          : "this adapter has no shader-f16. Stay with f32."),
    );
  }
  const y = x.gpu.empty(x.shape, dtype);
  const count = Math.ceil(sizeOf(x.shape) / 4);
  x.gpu.dispatch({
    kernel: x.gpu.kernel("cast", { narrow: dtype === "f16" }, build),
    tensors: [x, y],
    params: [count],
    grid: flatGrid(Math.ceil(count / CAST_THREADS)),
  });
  return y;
}
