/**
 * The detection metric of the Waymo Open Dataset: average precision in space, plain and weighted by
 * how right headings are, at two levels of difficulty and by range.
 */
import { iou3d } from "../boxes3d/overlap.ts";
import type { EvaluationSample, FoundBox, TrueBox } from "./samples.ts";

/** A thing of Waymo. */
export interface WaymoTruth extends TrueBox {
  /** Whether it was labelled as hard to see; false when absent. */
  readonly hard?: boolean;
}

/** A found thing of Waymo. */
export interface WaymoFound extends FoundBox {
  /** Whether it lies in a zone without labels; such boxes do not count unless they are right. */
  readonly inNoLabelZone?: boolean;
}

/** 1: well seen things; 2: all things with a point. */
export type WaymoLevel = 1 | 2;

/** Options of {@link evaluateWaymo}. */
export interface WaymoOptions {
  /**
   * For each class the intersection over union from which on a box is right; 0.7 for Vehicle, 0.5 for
   * Pedestrian and Cyclist when absent.
   */
  readonly classes?: Readonly<Record<string, number>>;
}

/** Part of the surroundings, by metres from the origin. */
export interface WaymoRange {
  /** From here on. */
  readonly from: number;
  /** Below this. */
  readonly to: number;
}

/** Precision of one class, at one level, in one range. */
export interface WaymoResult {
  /** The class. */
  readonly name: string;
  /** Which things count. */
  readonly level: WaymoLevel;
  /** Where. */
  readonly range: WaymoRange;
  /** Things that count. */
  readonly things: number;
  /** Average precision, from 0 to 1; not a number where there is nothing to find. */
  readonly ap: number;
  /** The same with each right box weighted by how right its heading is. */
  readonly aph: number;
}

/** Intersection over union from which on a box is right. */
export const WAYMO_OVERLAPS: Readonly<Record<string, number>> = {
  Vehicle: 0.7,
  Pedestrian: 0.5,
  Cyclist: 0.5,
};

/** The whole, and its parts. */
export const WAYMO_RANGES: readonly WaymoRange[] = [
  { from: 0, to: Infinity },
  { from: 0, to: 30 },
  { from: 30, to: 50 },
  { from: 50, to: Infinity },
];

/** Things with more points are well seen. */
const FEW_POINTS = 5;

/** A found box in order of scores: what it is worth to precision. */
interface Outcome {
  readonly score: number;
  /** How right its heading is, from 0 to 1; absent where it stands for nothing. */
  readonly heading?: number;
}

/**
 * Evaluates by the rules of Waymo.
 *
 * @param samples Scans, boxes in the frame of the vehicle.
 * @param options Classes with their overlaps.
 * @returns One entry a class, level and range, the whole first.
 *
 * @example
 * ```ts
 * import { type Box3d, evaluateWaymo } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const box: Box3d = { center: [10, 0, 0], size: [4, 2, 2], heading: 0 };
 * const turned: Box3d = { ...box, heading: Math.PI };
 * const [vehicles] = evaluateWaymo([{
 *   truth: [{ name: "Vehicle", box, points: 100 }],
 *   found: [{ name: "Vehicle", box: turned, score: 0.9 }],
 * }]);
 * assert.equal(vehicles?.ap, 1);
 * assert.equal(vehicles?.aph, 0);
 * ```
 */
export function evaluateWaymo(
  samples: readonly EvaluationSample<WaymoTruth, WaymoFound>[],
  { classes = WAYMO_OVERLAPS }: WaymoOptions = {},
): WaymoResult[] {
  return Object.entries(classes).flatMap(([name, overlap]) =>
    ([1, 2] as const).flatMap((level) =>
      WAYMO_RANGES.map((range) => {
        const parts = samples.map((sample) => partOf(sample, name, range));
        const things = parts.flatMap(({ truth }) => truth)
          .filter((thing) => counts(thing, level)).length;
        const outcomes = parts.flatMap((part) => outcomesOf(part, level, overlap))
          .sort((a, b) => b.score - a.score);
        const area = (worth: (heading: number) => number) =>
          things === 0 ? NaN : areaBelow(outcomes, things, worth);
        const [ap, aph] = [area(() => 1), area((heading) => heading)];
        return { name, level, range, things, ap, aph };
      })
    )
  );
}

function partOf(
  { truth, found }: EvaluationSample<WaymoTruth, WaymoFound>,
  name: string,
  { from, to }: WaymoRange,
): EvaluationSample<WaymoTruth, WaymoFound> {
  const inside = ({ name: own, box: { center: [x, y] } }: TrueBox | FoundBox) => {
    const distance = Math.hypot(x, y);
    return own === name && distance >= from && distance < to;
  };
  return {
    truth: truth.filter((thing) => thing.points !== 0 && inside(thing)),
    found: found.filter(inside),
  };
}

/** Level 1 leaves out what is hard to see. */
function counts({ points = Infinity, hard = false }: WaymoTruth, level: WaymoLevel): boolean {
  return level === 2 || (points > FEW_POINTS && !hard);
}

/**
 * By falling score each box takes the thing that is left and overlaps most with it. A box that takes
 * a thing that does not count is left out, and so is one that takes none in a zone without labels.
 */
function outcomesOf(
  { truth, found }: EvaluationSample<WaymoTruth, WaymoFound>,
  level: WaymoLevel,
  overlap: number,
): Outcome[] {
  const left = new Set(truth);
  return found.toSorted((a, b) => b.score - a.score).flatMap((box): Outcome[] => {
    let [best, most]: [WaymoTruth | undefined, number] = [undefined, overlap];
    for (const thing of left) {
      const shared = iou3d(thing.box, box.box);
      if (shared >= most && (best === undefined || shared > most)) [best, most] = [thing, shared];
    }
    if (!best) return box.inNoLabelZone ? [] : [{ score: box.score }];
    left.delete(best);
    if (!counts(best, level)) return [];
    return [{ score: box.score, heading: headingAccuracy(best.box.heading, box.box.heading) }];
  });
}

/** 1 for the same heading, 0 for the opposite one. */
function headingAccuracy(a: number, b: number): number {
  const turn = Math.abs(a - b) % (2 * Math.PI);
  return 1 - Math.min(turn, 2 * Math.PI - turn) / Math.PI;
}

/** Area below the curve of precision over recall, precision made such that it does not rise. */
function areaBelow(
  outcomes: readonly Outcome[],
  things: number,
  worth: (heading: number) => number,
): number {
  const curve: { readonly recall: number; readonly precision: number }[] = [];
  let sum = 0;
  for (const [index, { heading, score }] of outcomes.entries()) {
    if (heading !== undefined) sum += worth(heading);
    // Boxes with one score come in together.
    if (outcomes[index + 1]?.score === score) continue;
    curve.push({ recall: sum / things, precision: sum / (index + 1) });
  }
  let [area, precision] = [0, 0];
  for (let index = curve.length - 1; index >= 0; index--) {
    precision = Math.max(precision, curve[index]?.precision ?? 0);
    area += precision * ((curve[index]?.recall ?? 0) - (curve[index - 1]?.recall ?? 0));
  }
  return area;
}
