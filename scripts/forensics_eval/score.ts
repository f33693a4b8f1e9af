/** What is measured of pictures, clips, and sets of them. */
import type { Localization } from "@vicinity/relayformer";
import { countPixels, f1Score, iouScore, maskRegions, scoreCurve } from "@vicinity/vision";

/** Thresholds that are tried for all pictures together. */
export const THRESHOLDS: readonly number[] = Array.from({ length: 19 }, (_, at) => (at + 1) / 20);
/** A region counts from this share of the picture on. */
const LEAST_REGION = 0.0005;

/** Measures of one picture. */
export interface PictureScore {
  /** At the fixed threshold. */
  readonly f1: number;
  /** At the fixed threshold. */
  readonly iou: number;
  /** Over all thresholds. */
  readonly ap: number;
  /** Over all thresholds. */
  readonly auc: number;
  /** F1 at the threshold that suits this picture best. */
  readonly bestF1: number;
  /** F1 at each of {@link THRESHOLDS}. */
  readonly f1At: readonly number[];
  /** Share of the pixels above the fixed threshold. */
  readonly flagged: number;
  /** Whether a region of some size is above it. */
  readonly alarmed: boolean;
  /** Score of the whole picture. */
  readonly score: number;
  /** Share of the pixels that were manipulated. */
  readonly area: number;
}

/**
 * Measures a picture.
 *
 * @param found What the network says.
 * @param truth The mask.
 * @param threshold The fixed threshold.
 * @returns Its measures.
 */
export function scorePicture(
  { probabilities, width, score }: Localization,
  truth: Uint8Array,
  threshold: number,
): PictureScore {
  const compared = { scores: probabilities, truth };
  const counts = countPixels(compared, threshold);
  const { auc, averagePrecision, bestF1 } = scoreCurve(compared);
  const [largest] = maskRegions(probabilities, width, threshold);
  return {
    f1: f1Score(counts),
    iou: iouScore(counts),
    ap: averagePrecision,
    auc,
    bestF1,
    f1At: THRESHOLDS.map((other) => f1Score(countPixels(compared, other))),
    flagged: (counts.truePositive + counts.falsePositive) / truth.length,
    alarmed: (largest?.pixels ?? 0) > LEAST_REGION * truth.length,
    score,
    area: truth.reduce((sum, inside) => sum + inside, 0) / truth.length,
  };
}

/** Measures of a clip. */
export interface ClipScore {
  /** Mean of its frames. */
  readonly f1: number;
  /** Mean change of the probability from frame to frame where neither shows a manipulation. */
  readonly flicker: number;
}

/**
 * Measures a clip.
 *
 * @param maps Probabilities of each frame.
 * @param truth Masks of all frames, one after the other.
 * @param threshold The fixed threshold.
 * @returns Its measures.
 */
export function scoreClip(
  maps: readonly Float32Array[],
  truth: Uint8Array,
  threshold: number,
): ClipScore {
  let [f1, change, pixels] = [0, 0, 0];
  maps.forEach((scores, frame) => {
    const area = scores.length;
    const mask = truth.subarray(frame * area, (frame + 1) * area);
    f1 += f1Score(countPixels({ scores, truth: mask }, threshold)) / maps.length;
    const before = maps[frame - 1];
    if (before === undefined) return;
    const earlier = truth.subarray((frame - 1) * area, frame * area);
    for (let pixel = 0; pixel < area; pixel++) {
      if (mask[pixel] === 1 || earlier[pixel] === 1) continue;
      change += Math.abs((scores[pixel] ?? 0) - (before[pixel] ?? 0));
      pixels++;
    }
  });
  return { f1, flicker: change / Math.max(1, pixels) };
}

/** The mean of some values; no number where there are none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value that a share of the values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

const DRAWS = 1000;

/**
 * A 95 % interval of a mean: groups are drawn with replacement a thousand times, always the same ones.
 *
 * @param values The values.
 * @param groups The group of each; pictures of one photograph are no independent trials.
 * @returns Its ends.
 */
export function interval(
  values: readonly number[],
  groups: readonly string[],
): readonly [low: number, high: number] {
  const members = [...new Set(groups)].map((name) => values.filter((_, at) => groups[at] === name));
  let state = 1;
  const draw = () => (state = state * 48271 % 2147483647) / 2147483647;
  const means = Array.from(
    { length: DRAWS },
    () => mean(members.flatMap(() => members[Math.floor(draw() * members.length)] ?? [])),
  );
  return [percentile(means, 0.025), percentile(means, 0.975)];
}

/** How often a manipulated picture scores higher than an untouched one; a tie is half. */
export function pictureAuc(manipulated: readonly number[], untouched: readonly number[]): number {
  const wins = manipulated.flatMap((a) =>
    untouched.map((b): number => a > b ? 1 : a === b ? 0.5 : 0)
  );
  return mean(wins);
}
