/** How kernels make one value of many: sums and extremes, for numbers and vectors alike. */

/** What is done with two values. */
export type Combine = "add" | "max" | "min";

/** Everything that values can be combined by. */
export const COMBINES: readonly Combine[] = ["add", "max", "min"];

/** The value that changes nothing; no finite f32 is beyond those of `max` and `min`. */
export const NEUTRAL: Readonly<Record<Combine, string>> = {
  add: "0.0",
  max: "-3.4028234e38",
  min: "3.4028234e38",
};

/**
 * WGSL for two values made one.
 *
 * @param combine What is done with them.
 * @param a An expression.
 * @param b Another one.
 * @returns The expression.
 */
export function combined(combine: Combine, a: string, b: string): string {
  return combine === "add" ? `${a} + ${b}` : `${combine}(${a}, ${b})`;
}

/** What becomes of several values. */
export type Reduction = "sum" | "mean" | "max" | "min";

/** What a reduction does with two values; a mean is a sum that is divided in the end. */
export const REDUCTIONS: Readonly<Record<Reduction, Combine>> = {
  sum: "add",
  mean: "add",
  max: "max",
  min: "min",
};
