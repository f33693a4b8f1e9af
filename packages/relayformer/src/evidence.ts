/** What a map of probabilities says of a whole picture. */

/** Share of the pixels whose mean probability is the score. */
const TOP_SHARE = 0.005;
/** Steps of the probability that the largest are found by. */
const STEPS = 65536;

/**
 * A score for a whole picture: the mean of the largest 0.5 % of its probabilities, of at least one
 * pixel. The network has no output for whole pictures; this rule is as good as the map.
 *
 * @param probabilities Those of all pixels.
 * @returns From 0 to 1, exact to 2⁻¹⁶; 0 without pixels.
 *
 * @example
 * ```ts
 * import { pictureScore } from "@vicinity/relayformer";
 * import assert from "node:assert/strict";
 *
 * assert.equal(pictureScore(Float32Array.of(0.25, 0.75, 0.5)), 0.75);
 * ```
 */
export function pictureScore(probabilities: Float32Array): number {
  const counts = new Uint32Array(STEPS);
  const sums = new Float64Array(STEPS);
  for (const value of probabilities) {
    const step = Math.min(STEPS - 1, Math.max(0, Math.floor(value * STEPS)));
    counts[step] = (counts[step] ?? 0) + 1;
    sums[step] = (sums[step] ?? 0) + value;
  }
  const wanted = Math.min(
    probabilities.length,
    Math.max(1, Math.round(TOP_SHARE * probabilities.length)),
  );
  let [taken, sum] = [0, 0];
  for (let step = STEPS - 1; step >= 0 && taken < wanted; step--) {
    const count = counts[step] ?? 0;
    const part = Math.min(count, wanted - taken);
    if (part > 0) sum += (sums[step] ?? 0) * part / count;
    taken += part;
  }
  return wanted === 0 ? 0 : sum / wanted;
}

/**
 * Share of the pixels above a threshold.
 *
 * @param probabilities Those of all pixels.
 * @param threshold The threshold; equal is not above.
 * @returns From 0 to 1; 0 without pixels.
 */
export function tamperedFraction(probabilities: Float32Array, threshold: number): number {
  let pixels = 0;
  for (const value of probabilities) if (value > threshold) pixels++;
  return pixels / Math.max(1, probabilities.length);
}
