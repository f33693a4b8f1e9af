/**
 * Average precision where a box is right when its centre is near enough to that of a thing, as the
 * nuScenes benchmark has it. Sources: `algo.py` and `data_classes.py` of the nuScenes devkit, and its
 * configuration `detection_cvpr_2019`.
 */
import type { Box3d } from "../boxes3d/box3d.ts";
import { interpolate } from "./interpolate.ts";
import type { EvaluationSample, FoundBox, TrueBox } from "./samples.ts";

/** Recalls at which precision is taken: 0, 0.01, and so on to 1. */
const RECALLS = Array.from({ length: 101 }, (_, step) => step / 100);

/** Parts of the curve below this recall and this precision do not count. */
const LEAST = { recall: 0.1, precision: 0.1 };

/** The first recall that counts. */
const FIRST = Math.round(100 * LEAST.recall) + 1;

/** A found box and the thing it stands for. */
export interface CenterMatch<Truth extends TrueBox, Found extends FoundBox> {
  /** The thing. */
  readonly truth: Truth;
  /** The box. */
  readonly found: Found;
}

/** Precision over recall of one class at one distance. */
export interface CenterCurve<Truth extends TrueBox, Found extends FoundBox> {
  /** Precision at the recalls 0, 0.01, … 1; 0 behind the last one that was reached. */
  readonly precision: readonly number[];
  /** Score there; 0 behind the last one that was reached. */
  readonly scores: readonly number[];
  /** Pairs by falling score. */
  readonly matches: readonly CenterMatch<Truth, Found>[];
}

/** Distance of two centres seen from above, in metres. */
export function centerDistance(a: Box3d, b: Box3d): number {
  return Math.hypot(a.center[0] - b.center[0], a.center[1] - b.center[1]);
}

/**
 * Matches by falling score, each box with the nearest thing of its class and scan that is left.
 *
 * @param samples Scans.
 * @param name The class.
 * @param reach Metres below which a box is right.
 * @returns Precision over recall.
 */
export function centerCurve<Truth extends TrueBox, Found extends FoundBox>(
  samples: readonly EvaluationSample<Truth, Found>[],
  name: string,
  reach: number,
): CenterCurve<Truth, Found> {
  const left = samples.map(({ truth }) => new Set(truth.filter((thing) => thing.name === name)));
  const things = left.reduce((sum, { size }) => sum + size, 0);
  const found = samples.flatMap((sample, scan) =>
    sample.found.filter((box) => box.name === name).map((box) => ({ box, scan }))
  );
  // Of equal scores the later box goes first, as in the devkit.
  const order = found.map((_, index) => index)
    .sort((a, b) => (found[b]?.box.score ?? 0) - (found[a]?.box.score ?? 0) || b - a);
  const matches: CenterMatch<Truth, Found>[] = [];
  const [recall, precision, scores]: [number[], number[], number[]] = [[], [], []];
  for (const index of order) {
    const entry = found[index];
    if (!entry) continue;
    const candidates = left[entry.scan] ?? new Set();
    const truth = nearest(entry.box.box, candidates, reach);
    if (truth) {
      candidates.delete(truth);
      matches.push({ truth, found: entry.box });
    }
    recall.push(matches.length / things);
    precision.push(matches.length / (recall.length));
    scores.push(entry.box.score);
  }
  if (matches.length === 0) {
    const nothing = RECALLS.map(() => 0);
    return { precision: nothing, scores: nothing, matches };
  }
  return {
    precision: interpolate(RECALLS, { x: recall, y: precision, beyond: 0 }),
    scores: interpolate(RECALLS, { x: recall, y: scores, beyond: 0 }),
    matches,
  };
}

function nearest<Truth extends TrueBox>(
  box: Box3d,
  things: ReadonlySet<Truth>,
  reach: number,
): Truth | undefined {
  let [best, least]: [Truth | undefined, number] = [undefined, reach];
  for (const thing of things) {
    const distance = centerDistance(thing.box, box);
    if (distance < least) [best, least] = [thing, distance];
  }
  return best;
}

/**
 * Average precision of a curve: the mean of what precision exceeds 0.1 by, over recalls above 0.1.
 *
 * @param precision Precision at the recalls 0, 0.01, … 1.
 * @returns From 0 to 1.
 */
export function curveAp(precision: readonly number[]): number {
  const counted = precision.slice(FIRST);
  const above = counted.map((value) => Math.max(0, value - LEAST.precision));
  return above.reduce((sum, value) => sum + value, 0) / counted.length / (1 - LEAST.precision);
}

/**
 * Mean of an error of the matched boxes over the recalls that were reached: at each recall the mean
 * over all boxes that are at least as sure.
 *
 * @param curve Matches.
 * @param measure Error of a match; not a number where it is unknown.
 * @returns The error; 1 where recall does not pass 0.1 or nothing is known.
 */
export function curveError<Truth extends TrueBox, Found extends FoundBox>(
  { scores, matches }: CenterCurve<Truth, Found>,
  measure: (match: CenterMatch<Truth, Found>) => number,
): number {
  const last = scores.findLastIndex((score) => score !== 0);
  if (last < FIRST) return 1;
  const errors = runningMeans(matches.map(measure)).toReversed();
  const x = matches.map(({ found }) => found.score).toReversed();
  const reached = scores.slice(FIRST, last + 1);
  const values = interpolate(reached, { x, y: errors });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean of the known values so far; 0 before the first one, and 1 everywhere where none is known. */
function runningMeans(values: readonly number[]): number[] {
  if (values.every((value) => Number.isNaN(value))) return values.map(() => 1);
  let [sum, count] = [0, 0];
  return values.map((value) => {
    if (!Number.isNaN(value)) [sum, count] = [sum + value, count + 1];
    return count === 0 ? 0 : sum / count;
  });
}

/** Options of {@link evaluateCenterDistance}. */
export interface CenterDistanceOptions {
  /** Names of the classes to evaluate. */
  readonly classes: readonly string[];
  /** Metres below which a box is right; 0.5, 1, 2 and 4 when absent. */
  readonly distances?: readonly number[];
  /** Only things with at least so many points, and those without a count; 1 when absent. */
  readonly leastPoints?: number;
}

/** What {@link evaluateCenterDistance} says of a class. */
export interface CenterDistanceResult {
  /** The class. */
  readonly name: string;
  /** Things of the class. */
  readonly things: number;
  /** Average precision at each distance, from 0 to 1. */
  readonly ap: readonly number[];
  /** Mean of these. */
  readonly meanAp: number;
}

/** Distances of the nuScenes benchmark in metres. */
export const CENTER_DISTANCES: readonly number[] = [0.5, 1, 2, 4];

/**
 * Average precision on own sets, by the distance of centres.
 *
 * @param samples Scans with what is there and what was found, in one frame.
 * @param options Classes, distances, least points.
 * @returns One entry a class.
 *
 * @example
 * ```ts
 * import { type Box3d, evaluateCenterDistance } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const box: Box3d = { center: [10, 0, 0], size: [4, 2, 2], heading: 0 };
 * const near: Box3d = { ...box, center: [10, 0.7, 0] };
 * const [cars] = evaluateCenterDistance(
 *   [{ truth: [{ name: "car", box }], found: [{ name: "car", box: near, score: 0.9 }] }],
 *   { classes: ["car"] },
 * );
 * assert.deepEqual(cars?.ap.map((ap) => Math.round(ap)), [0, 1, 1, 1]);
 * ```
 */
export function evaluateCenterDistance(
  samples: readonly EvaluationSample[],
  { classes, distances = CENTER_DISTANCES, leastPoints = 1 }: CenterDistanceOptions,
): CenterDistanceResult[] {
  const seen = samples.map(({ truth, found }) => ({
    truth: truth.filter(({ points = Infinity }) => points >= leastPoints),
    found,
  }));
  return classes.map((name) => {
    const ap = distances.map((reach) => curveAp(centerCurve(seen, name, reach).precision));
    return {
      name,
      things: seen.flatMap(({ truth }) => truth).filter((thing) => thing.name === name).length,
      ap,
      meanAp: ap.reduce((sum, value) => sum + value, 0) / Math.max(1, ap.length),
    };
  });
}
