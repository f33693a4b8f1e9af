/**
 * The detection metric of the Waymo Open Dataset: average precision in space, plain and weighted by
 * how right headings are, at two levels of difficulty and by range. Sources: `detection_metrics.cc`,
 * `metrics_utils.cc` and `breakdown_generator.cc` of its tools, with 101 score cut-offs.
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

/** Boxes are looked at from each of these scores on. */
const CUT_OFFS = Array.from({ length: 101 }, (_, index) => index / 100);

/** A box that may stand for a thing. */
interface Pair {
  readonly thing: number;
  readonly box: number;
  readonly overlap: number;
}

/** What comes of the boxes from a score on. */
interface Outcome {
  /** Boxes that stand for a thing. */
  readonly right: number;
  /** How right their headings are, from 0 to 1 each, summed. */
  readonly headings: number;
  /** Boxes that stand for nothing. */
  readonly wrong: number;
  /** Things that count and that no box stands for. */
  readonly missed: number;
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
        if (things === 0) return { name, level, range, things, ap: NaN, aph: NaN };
        const pairs = parts.map((part) => pairsOf(part, overlap));
        const curve = CUT_OFFS.map((score) =>
          summed(parts.map((part, index) => outcomeOf(part, pairs[index] ?? [], { level, score })))
        );
        const area = (worth: (outcome: Outcome) => number) => averagePrecision(curve, worth);
        const [ap, aph] = [area(({ right }) => right), area(({ headings }) => headings)];
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
  const inside = ({ name: own, box: { center } }: TrueBox | FoundBox) => {
    const distance = Math.hypot(...center);
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

/** All boxes and things that overlap enough, the largest overlap first. */
function pairsOf(
  { truth, found }: EvaluationSample<WaymoTruth, WaymoFound>,
  least: number,
): Pair[] {
  return truth.flatMap((thing, t) =>
    found.map((box, f) => ({ thing: t, box: f, overlap: iou3d(thing.box, box.box) }))
  )
    .filter(({ overlap }) => overlap >= least)
    .sort((a, b) => b.overlap - a.overlap);
}

/**
 * Pairs things and boxes by falling overlap. Things do not overlap with each other, and a box can
 * overlap by half or more with one of them only, so that this is the best assignment. A box is right
 * whatever it stands for, also where that is too hard to see to be missed.
 */
function outcomeOf(
  { truth, found }: EvaluationSample<WaymoTruth, WaymoFound>,
  pairs: readonly Pair[],
  { level, score }: { readonly level: WaymoLevel; readonly score: number },
): Outcome {
  const sure = (box: number) => (found[box]?.score ?? 0) >= score;
  const partners = new Map<number, number>();
  const taken = new Set<number>();
  for (const { thing, box } of pairs) {
    if (!sure(box) || partners.has(thing) || taken.has(box)) continue;
    partners.set(thing, box);
    taken.add(box);
  }
  const headings = Array.from(
    partners,
    ([thing, box]) =>
      headingAccuracy(truth[thing]?.box.heading ?? NaN, found[box]?.box.heading ?? NaN),
  );
  return {
    right: partners.size,
    headings: headings.reduce((sum, value) => sum + value, 0),
    wrong: found.filter((box, f) => sure(f) && !taken.has(f) && !box.inNoLabelZone).length,
    missed: truth.filter((thing, t) => counts(thing, level) && !partners.has(t)).length,
  };
}

function summed(outcomes: readonly Outcome[]): Outcome {
  const total = (key: keyof Outcome) => outcomes.reduce((sum, outcome) => sum + outcome[key], 0);
  return {
    right: total("right"),
    headings: total("headings"),
    wrong: total("wrong"),
    missed: total("missed"),
  };
}

/** 1 for the same heading, 0 for the opposite one. */
function headingAccuracy(a: number, b: number): number {
  const turn = Math.abs(a - b) % (2 * Math.PI);
  return 1 - Math.min(turn, 2 * Math.PI - turn) / Math.PI;
}

/** Recalls that lie farther apart than this have points between them. */
const RECALL_STEP = 0.05;

/** Differences of recalls that rounding may cause. */
const ROUNDING = 1e-6;

/**
 * Area below the curve of precision over recall. Precision is the best at a recall or beyond; where
 * points lie far apart it falls to that of the right one within {@link RECALL_STEP} of the left one.
 */
function averagePrecision(
  curve: readonly Outcome[],
  worth: (outcome: Outcome) => number,
): number {
  const best = new Map([[0, 1]]);
  for (const outcome of curve) {
    const { right, wrong, missed } = outcome;
    if (right === 0) continue;
    const recall = right / (right + missed);
    best.set(recall, Math.max(best.get(recall) ?? 0, worth(outcome) / (right + wrong)));
  }
  const falling = [...best].sort(([a], [b]) => b - a);
  let [area, highest, last] = [0, 0, falling[0]?.[0] ?? 0];
  for (const [recall, precision] of falling) {
    const before = highest;
    while (last - recall > RECALL_STEP + ROUNDING) {
      area += RECALL_STEP * before;
      last -= RECALL_STEP;
    }
    // The curve starts with the precision of its first point.
    highest = recall === 0 ? before : Math.max(before, precision);
    area += (last - recall) * (before + highest) / 2;
    last = recall;
  }
  return area;
}
