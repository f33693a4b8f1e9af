/**
 * How well a map of probabilities tells the pixels of a mask, as IMDLBenCo measures it: F1 and IoU at
 * a threshold, and curves over all thresholds. Every measure is of one picture; benchmarks average
 * over pictures.
 */

/** Keeps quotients of nothing by nothing at zero, as IMDLBenCo does. */
const EPSILON = 1e-8;

/** Pixels by what was said of them and what they are. */
export interface PixelCounts {
  /** Said to be inside, and inside. */
  readonly truePositive: number;
  /** Said to be outside, and outside. */
  readonly trueNegative: number;
  /** Said to be inside, but outside. */
  readonly falsePositive: number;
  /** Said to be outside, but inside. */
  readonly falseNegative: number;
}

/** A map and what it is compared with. */
export interface ComparedMask {
  /** Probability of each pixel. */
  readonly scores: ArrayLike<number>;
  /** The mask; everything but 0 is inside. */
  readonly truth: ArrayLike<number>;
  /** Pixels that count, where not all do; everything but 0 counts. */
  readonly valid?: ArrayLike<number> | undefined;
}

/**
 * Counts the pixels of a picture.
 *
 * @param compared The map and the mask.
 * @param threshold A pixel is said to be inside above it.
 * @returns The counts.
 *
 * @example
 * ```ts
 * import { countPixels, f1Score } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const counts = countPixels({ scores: [0.9, 0.2, 0.6, 0.1], truth: [1, 0, 0, 1] }, 0.5);
 * assert.equal(counts.falseNegative, 1);
 * assert.ok(Math.abs(f1Score(counts) - 0.5) < 1e-6);
 * ```
 */
export function countPixels(
  { scores, truth, valid }: ComparedMask,
  threshold: number,
): PixelCounts {
  let [truePositive, trueNegative, falsePositive, falseNegative] = [0, 0, 0, 0];
  for (let pixel = 0; pixel < truth.length; pixel++) {
    if (valid?.[pixel] === 0) continue;
    const said = (scores[pixel] ?? 0) > threshold;
    if (truth[pixel] !== 0) {
      if (said) truePositive++;
      else falseNegative++;
    } else if (said) falsePositive++;
    else trueNegative++;
  }
  return { truePositive, trueNegative, falsePositive, falseNegative };
}

/**
 * The counts of the opposite map.
 *
 * @param counts Those of the map.
 * @returns Those of what it says to be outside.
 */
export function reversedCounts(counts: PixelCounts): PixelCounts {
  return {
    truePositive: counts.falseNegative,
    falseNegative: counts.truePositive,
    falsePositive: counts.trueNegative,
    trueNegative: counts.falsePositive,
  };
}

/**
 * Harmonic mean of precision and recall; 0 where the mask is empty.
 *
 * @param counts The pixels.
 * @returns From 0 to 1.
 */
export function f1Score({ truePositive, falsePositive, falseNegative }: PixelCounts): number {
  const precision = truePositive / (truePositive + falsePositive + EPSILON);
  const recall = truePositive / (truePositive + falseNegative + EPSILON);
  return 2 * precision * recall / (precision + recall + EPSILON);
}

/**
 * Intersection over union.
 *
 * @param counts The pixels.
 * @returns From 0 to 1.
 */
export function iouScore({ truePositive, falsePositive, falseNegative }: PixelCounts): number {
  return truePositive / (truePositive + falsePositive + falseNegative + EPSILON);
}

/** What is known over all thresholds. */
export interface ScoreCurve {
  /** Area below the rate of hits over the rate of false alarms; 0 where the mask is empty or full. */
  readonly auc: number;
  /** Mean precision over the steps of recall; 0 where the mask is empty. */
  readonly averagePrecision: number;
  /** The best F1 of any threshold. */
  readonly bestF1: number;
  /** The threshold that gives it: pixels above it are inside. */
  readonly bestThreshold: number;
}

/**
 * Walks down all thresholds of a picture. Pixels of one score pass together.
 *
 * @param compared The map, whose scores are not negative, and the mask.
 * @returns The curve's measures.
 *
 * @example
 * ```ts
 * import { scoreCurve } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const { auc, bestThreshold } = scoreCurve({ scores: [0.75, 0.5, 0.25], truth: [1, 1, 0] });
 * assert.deepEqual([auc, bestThreshold], [1, 0.25]);
 * ```
 */
export function scoreCurve(compared: ComparedMask): ScoreCurve {
  const ordered = orderedPixels(compared);
  const positives = ordered.reduce((sum, key) => sum + key % 2, 0);
  const negatives = ordered.length - positives;
  let [hits, alarms, area, precisions] = [0, 0, 0, 0];
  let [bestF1, bestThreshold] = [0, Infinity];
  for (let at = ordered.length - 1; at >= 0;) {
    const [hitsBefore, alarmsBefore] = [hits, alarms];
    const score = Math.floor((ordered[at] ?? 0) / 2);
    for (; at >= 0 && Math.floor((ordered[at] ?? 0) / 2) === score; at--) {
      if ((ordered[at] ?? 0) % 2 === 1) hits++;
      else alarms++;
    }
    area += (alarms - alarmsBefore) * (hits + hitsBefore) / 2;
    precisions += (hits - hitsBefore) * hits / (hits + alarms);
    const f1 = 2 * hits / (hits + alarms + positives);
    if (f1 > bestF1) {
      [bestF1, bestThreshold] = [f1, at >= 0 ? scoreOf(ordered[at] ?? 0) : 0];
    }
  }
  return {
    auc: positives > 0 && negatives > 0 ? area / positives / negatives : 0,
    averagePrecision: positives > 0 ? precisions / positives : 0,
    bestF1,
    bestThreshold,
  };
}

const BITS = new Uint32Array(1);
const FLOAT = new Float32Array(BITS.buffer);

/**
 * Pixels in ascending order of their scores, as numbers: the bits of the score, which of floats that
 * are not negative have the order of their values, and below them whether the pixel is inside.
 */
function orderedPixels({ scores, truth, valid }: ComparedMask): Float64Array {
  const keys = new Float64Array(truth.length);
  let count = 0;
  for (let pixel = 0; pixel < truth.length; pixel++) {
    if (valid?.[pixel] === 0) continue;
    FLOAT[0] = Math.max(0, scores[pixel] ?? 0);
    keys[count++] = 2 * (BITS[0] ?? 0) + (truth[pixel] === 0 ? 0 : 1);
  }
  return keys.subarray(0, count).sort();
}

function scoreOf(key: number): number {
  BITS[0] = Math.floor(key / 2);
  return FLOAT[0] ?? 0;
}
