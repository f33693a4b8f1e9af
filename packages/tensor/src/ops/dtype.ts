/** The check that tensors hold what kernels read. */
import { ShapeError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Throws unless tensors are f32: kernels read their bytes as that, whatever they are, and would give
 * garbage without an error.
 *
 * @param label The operation, for the error.
 * @param tensors Its tensors by the names that its caller knows; absent ones are left out.
 * @throws {ShapeError} If one of them has another dtype.
 *
 * @example
 * ```ts
 * import { checkF32, open } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const x = gpu.empty([2, 3], "u32");
 * assert.throws(() => checkF32("a sum", { x }), /Cannot record a sum: x is u32 \[2,3\]. Give f32/);
 * ```
 */
export function checkF32(
  label: string,
  tensors: Readonly<Record<string, Tensor | undefined>>,
): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!tensor || tensor.dtype === "f32") continue;
    throw new ShapeError(
      `Cannot record ${label}: ${name} is ${tensor.dtype} [${tensor.shape}]. Give f32.`,
    );
  }
}
