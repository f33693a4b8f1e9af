/** The check that tensors hold what kernels read. */
import { ShapeError } from "../errors.ts";
import type { DType, Tensor } from "../tensor.ts";

/** Whether numbers of a dtype are floats: those that can be NaN, and cast into each other. */
export function isFloat(dtype: DType): boolean {
  return dtype === "f32" || dtype === "f16";
}

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

/**
 * Throws unless tensors are all f32 or all f16.
 *
 * @param label The operation, for the error.
 * @param tensors Its tensors by the names that its caller knows; absent ones are left out.
 * @returns Whether they are f16.
 * @throws {ShapeError} If one of them has another dtype than the first, or that is neither.
 */
export function checkFloats(
  label: string,
  tensors: Readonly<Record<string, Tensor | undefined>>,
): boolean {
  const given = Object.entries(tensors).filter((entry) => entry[1] !== undefined);
  const wanted = given[0]?.[1]?.dtype === "f16" ? "f16" : "f32";
  for (const [name, tensor] of given) {
    if (tensor?.dtype === wanted) continue;
    throw new ShapeError(
      `Cannot record ${label}: ${name} is ${tensor?.dtype} [${tensor?.shape}]. Give ${wanted}` +
        `${name === given[0]?.[0] ? " or f16" : `, as ${given[0]?.[0]} is`}.`,
    );
  }
  return wanted === "f16";
}
