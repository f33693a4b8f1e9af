import type { Rational } from "./video_info.ts";

/** The greatest whole number that divides both. */
export function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/**
 * A ratio in its lowest terms.
 *
 * @param num Numerator, a whole number.
 * @param den Denominator, a positive whole number.
 * @returns The ratio.
 *
 * @example
 * ```ts
 * import { lowestTerms } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(lowestTerms(46080, 36864), { num: 5, den: 4 });
 * ```
 */
export function lowestTerms(num: number, den: number): Rational {
  const common = greatestDivisor(num, den);
  return { num: num / common, den: den / common };
}
