/**
 * The detection metric of KITTI: average precision at 40 or 11 recalls, for boxes in the picture,
 * seen from above, and in space. Source: `kitti_object_eval_python` of OpenPCDet.
 */
import { bevIou, iou3d } from "../boxes3d/overlap.ts";
import { matchAtScore, matchedScores, type PreparedFrame } from "./kitti_matching.ts";
import type { EvaluationSample, FoundBox, TrueBox } from "./samples.ts";

/** x1, y1, x2, y2 in pixels. */
export type ImageBox = readonly [x1: number, y1: number, x2: number, y2: number];

/** A thing of KITTI; regions that are named `DontCare` are such things too. */
export interface KittiTruth extends TrueBox {
  /** Where it is in the picture; without it, it counts however small it is. */
  readonly bbox?: ImageBox;
  /** Share of it outside the picture; 0 when absent. */
  readonly truncated?: number;
  /** 0 seen as a whole, 1 partly hidden, 2 largely hidden; 0 when absent. */
  readonly occluded?: number;
}

/** A found thing of KITTI. */
export interface KittiFound extends FoundBox {
  /** Where it is in the picture; without it, it counts however small it is. */
  readonly bbox?: ImageBox;
}

/** What overlaps. */
export type KittiMetric = "image" | "bev" | "3d";

/** Which things count. */
export type KittiDifficulty = "easy" | "moderate" | "hard";

/** Options of {@link evaluateKitti}. */
export interface KittiOptions {
  /**
   * For each class the intersection over union above which a box is right; 0.7 for Car, 0.5 for
   * Pedestrian and Cyclist when absent.
   */
  readonly classes?: Readonly<Record<string, number>>;
  /** What overlaps; all three when absent. */
  readonly metrics?: readonly KittiMetric[];
}

/** Precision of one class, by one metric, at one difficulty. */
export interface KittiResult {
  /** The class. */
  readonly name: string;
  /** What overlaps. */
  readonly metric: KittiMetric;
  /** Which things count. */
  readonly difficulty: KittiDifficulty;
  /** Things that count. */
  readonly things: number;
  /** Precision at the recalls 0, 1/40, … 1, not rising. */
  readonly precision: readonly number[];
  /** Average precision at 40 recalls, from 0 to 100; the number that is usually compared. */
  readonly r40: number;
  /** Average precision at 11 recalls, from 0 to 100; used before 2019. */
  readonly r11: number;
}

/** Intersection over union above which a box is right. */
export const KITTI_OVERLAPS: Readonly<Record<string, number>> = {
  Car: 0.7,
  Pedestrian: 0.5,
  Cyclist: 0.5,
};

/** Recalls are cut into so many steps. */
const STEPS = 40;

const METRICS: readonly KittiMetric[] = ["image", "bev", "3d"];

/** Limits of the difficulties: height in pixels, and how much may be hidden or outside. */
const LIMITS: Readonly<
  Record<
    KittiDifficulty,
    { readonly height: number; readonly occluded: number; readonly truncated: number }
  >
> = {
  easy: { height: 40, occluded: 0, truncated: 0.15 },
  moderate: { height: 25, occluded: 1, truncated: 0.3 },
  hard: { height: 25, occluded: 2, truncated: 0.5 },
};

/** Classes that are so alike that to find one for the other is no fault. */
const ALIKE: Readonly<Record<string, string>> = { Car: "Van", Pedestrian: "Person_sitting" };

/** Regions of the picture where nothing is labelled. */
const DONT_CARE = "DontCare";

/**
 * Evaluates by the rules of KITTI.
 *
 * @param samples Frames.
 * @param options Classes with their overlaps, metrics.
 * @returns One entry a class, metric and difficulty.
 *
 * @example
 * ```ts
 * import { type Box3d, evaluateKitti } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const box: Box3d = { center: [10, 0, 0], size: [4, 2, 2], heading: 0 };
 * const frames = [1, 2].map(() => ({
 *   truth: [{ name: "Car", box }],
 *   found: [{ name: "Car", box, score: 0.9 }],
 * }));
 * const [cars] = evaluateKitti(frames, { classes: { Car: 0.7 }, metrics: ["3d"] });
 * assert.equal(cars?.things, 2);
 * assert.equal(cars?.precision[0], 1);
 * ```
 */
export function evaluateKitti(
  samples: readonly EvaluationSample<KittiTruth, KittiFound>[],
  { classes = KITTI_OVERLAPS, metrics = METRICS }: KittiOptions = {},
): KittiResult[] {
  const difficulties = Object.keys(LIMITS) as KittiDifficulty[];
  return Object.entries(classes).flatMap(([name, overlap]) =>
    metrics.flatMap((metric) => {
      const overlaps = samples.map((sample) => overlapsOf(sample, metric));
      return difficulties.map((difficulty) => {
        const frames = samples.map((sample, index) =>
          prepared(sample, overlaps[index] ?? [], { name, metric, difficulty })
        );
        const things = frames.flatMap(({ truth }) => truth)
          .filter((role) => role === "counts").length;
        const precision = precisionOf(frames, things, overlap);
        return { name, metric, difficulty, things, precision, ...averages(precision) };
      });
    })
  );
}

/** Precision at each recall, made such that it does not rise. */
function precisionOf(frames: readonly PreparedFrame[], things: number, overlap: number): number[] {
  const scores = frames.flatMap((frame) => matchedScores(frame, overlap));
  const thresholds = scoresAtRecalls(scores, things);
  const precision = Array.from({ length: STEPS + 1 }, () => 0);
  for (const [index, threshold] of thresholds.entries()) {
    const counts = frames.map((frame) => matchAtScore(frame, overlap, threshold));
    const right = counts.reduce((sum, count) => sum + count.right, 0);
    const wrong = counts.reduce((sum, count) => sum + count.wrong, 0);
    precision[index] = right === 0 ? 0 : right / (right + wrong);
  }
  return precision.map((_, index) => Math.max(...precision.slice(index)));
}

/** Scores at which recall is nearest to each of its steps. */
function scoresAtRecalls(scores: readonly number[], things: number): number[] {
  const falling = scores.toSorted((a, b) => b - a);
  const chosen: number[] = [];
  let recall = 0;
  for (const [index, score] of falling.entries()) {
    const last = index === falling.length - 1;
    const left = (index + 1) / things;
    const right = last ? left : (index + 2) / things;
    if (!last && right - recall < recall - left) continue;
    chosen.push(score);
    recall += 1 / STEPS;
  }
  return chosen;
}

function averages(precision: readonly number[]): { readonly r40: number; readonly r11: number } {
  const mean = (values: readonly number[]) =>
    100 * values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    r40: mean(precision.slice(1, STEPS + 1)),
    r11: mean(precision.filter((_, index) => index % 4 === 0)),
  };
}

/** For each found box its overlap with each thing. */
function overlapsOf(
  { truth, found }: EvaluationSample<KittiTruth, KittiFound>,
  metric: KittiMetric,
): number[][] {
  return found.map((box) =>
    truth.map((thing) => {
      if (metric === "image") return imageOverlap(box.bbox, thing.bbox, "union");
      if (thing.name === DONT_CARE) return 0;
      return metric === "bev" ? bevIou(box.box, thing.box) : iou3d(box.box, thing.box);
    })
  );
}

/** Common area over that of both boxes together or of the first one. */
function imageOverlap(
  a: ImageBox | undefined,
  b: ImageBox | undefined,
  over: "union" | "first",
): number {
  if (!a || !b) return 0;
  const area = ([x1, y1, x2, y2]: ImageBox) => (x2 - x1) * (y2 - y1);
  const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (wide <= 0 || high <= 0) return 0;
  const shared = wide * high;
  return shared / (over === "union" ? area(a) + area(b) - shared : area(a));
}

/** A frame as one class at one difficulty sees it. */
function prepared(
  { truth, found }: EvaluationSample<KittiTruth, KittiFound>,
  overlaps: readonly (readonly number[])[],
  { name, metric, difficulty }: {
    readonly name: string;
    readonly metric: KittiMetric;
    readonly difficulty: KittiDifficulty;
  },
): PreparedFrame {
  const limits = LIMITS[difficulty];
  const regions = metric === "image" ? truth.filter((thing) => thing.name === DONT_CARE) : [];
  return {
    truth: truth.map((thing) => {
      if (thing.name === ALIKE[name]) return "neutral";
      if (thing.name !== name) return "other";
      const hard = (thing.occluded ?? 0) > limits.occluded ||
        (thing.truncated ?? 0) > limits.truncated || heightOf(thing.bbox) <= limits.height;
      return hard ? "neutral" : "counts";
    }),
    // Boxes that are too small are neutral whatever their class.
    found: found.map((box) =>
      heightOf(box.bbox) < limits.height ? "neutral" : box.name === name ? "counts" : "other"
    ),
    scores: found.map(({ score }) => score),
    overlaps,
    dontCare: regions.map((region) =>
      found.map((box) => imageOverlap(box.bbox, region.bbox, "first"))
    ),
  };
}

function heightOf(bbox: ImageBox | undefined): number {
  return bbox ? Math.abs(bbox[3] - bbox[1]) : Infinity;
}
