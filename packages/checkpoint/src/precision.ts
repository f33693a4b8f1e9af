/** How exactly weights are kept on the GPU. */
import type { StoredWeight } from "@vicinity/tensor";
import type { Dtype } from "./dtype.ts";

/**
 * How the matrices of a network are kept; vectors and sums are 32-bit floats in any case.
 *
 * - `auto`: as the file has them, except on processors, which read 32-bit floats faster.
 * - `f32`: as 32-bit floats.
 * - `f16`: in 16 bits, half the memory; 32-bit floats are rounded, unless some are too large for that.
 */
export type Precision = "auto" | "f32" | "f16";

const LARGEST_HALF = 65504;

/**
 * The form that a matrix is kept in.
 *
 * @param precision What was asked for.
 * @param matrix Its values, and their type in the file where they are those of the file.
 * @param isCpu Whether a processor computes.
 * @returns The form; none that the file's own values do not fit into exactly, unless 16 bits were asked
 *   for.
 */
export function storedForm(
  precision: Precision,
  { values, dtype }: { readonly values: Float32Array; readonly dtype?: Dtype | undefined },
  isCpu: boolean,
): StoredWeight {
  if (precision === "f32" || (precision === "auto" && isCpu)) return "f32";
  if (dtype === "F16") return "f16";
  if (dtype === "BF16") return "bf16";
  if (precision === "auto") return "f32";
  return values.every((value) => Math.abs(value) <= LARGEST_HALF) ? "f16" : "f32";
}
