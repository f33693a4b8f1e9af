/**
 * The detection metrics of nuScenes: average precision by the distance of centres, errors of what was
 * found, and the score made of both. Sources: the nuScenes devkit, `detection_cvpr_2019.json`.
 */
import type { Box3d } from "../boxes3d/box3d.ts";
import {
  CENTER_DISTANCES,
  centerCurve,
  centerDistance,
  type CenterMatch,
  curveAp,
  curveError,
} from "./center_distance.ts";
import type { EvaluationSample, FoundBox, TrueBox } from "./samples.ts";

/** A thing of nuScenes. Its velocity is part of its box; absent where it is unknown. */
export interface NuScenesTruth extends TrueBox {
  /** What it does, such as `vehicle.parked`; absent or empty where it is unknown. */
  readonly attribute?: string;
}

/** A found thing of nuScenes. */
export interface NuScenesFound extends FoundBox {
  /** What it does. */
  readonly attribute?: string;
}

/** A scan of nuScenes. */
export interface NuScenesSample extends EvaluationSample<NuScenesTruth, NuScenesFound> {
  /** Where the car is, x and y in the frame of the boxes; the origin when absent. */
  readonly ego?: readonly [x: number, y: number];
  /** Racks; bicycles and motorcycles inside them do not count. */
  readonly racks?: readonly Box3d[];
}

/** Metres from the car within which each class counts. */
export const NUSCENES_RANGES = {
  car: 50,
  truck: 50,
  bus: 50,
  trailer: 50,
  construction_vehicle: 50,
  pedestrian: 40,
  motorcycle: 40,
  bicycle: 40,
  traffic_cone: 30,
  barrier: 30,
} as const;

/** Names of the classes of nuScenes. */
export type NuScenesClass = keyof typeof NUSCENES_RANGES;

/** Names of the errors of nuScenes, as the devkit spells them. */
export type NuScenesError = "trans_err" | "scale_err" | "orient_err" | "vel_err" | "attr_err";

/** The distance at which errors are taken. */
const ERROR_DISTANCE = 2;

/** Errors that say nothing of a class. */
const MEANINGLESS: Readonly<Partial<Record<NuScenesClass, readonly NuScenesError[]>>> = {
  traffic_cone: ["orient_err", "vel_err", "attr_err"],
  barrier: ["vel_err", "attr_err"],
};

type Match = CenterMatch<NuScenesTruth, NuScenesFound>;

const MEASURES: Readonly<Record<NuScenesError, (match: Match) => number>> = {
  trans_err: ({ truth, found }) => centerDistance(truth.box, found.box),
  scale_err: ({ truth, found }) => 1 - alignedIou(truth.box, found.box),
  orient_err: ({ truth, found }) =>
    // A barrier looks the same from both sides.
    turn(truth.box.heading - found.box.heading, truth.name === "barrier" ? Math.PI : 2 * Math.PI),
  vel_err: ({ truth, found }) => {
    const [x = NaN, y = NaN] = truth.box.velocity ?? [];
    const [foundX = NaN, foundY = NaN] = found.box.velocity ?? [];
    return Math.hypot(x - foundX, y - foundY);
  },
  attr_err: ({ truth, found }) =>
    truth.attribute ? Number(truth.attribute !== found.attribute) : NaN,
};

const ERRORS = Object.keys(MEASURES) as NuScenesError[];

/** What {@link evaluateNuScenes} says of a class. */
export interface NuScenesClassResult {
  /** Average precision at 0.5, 1, 2 and 4 m, from 0 to 1. */
  readonly ap: readonly number[];
  /** Mean of these. */
  readonly meanAp: number;
  /** Errors in metres, as a share, in radians, in m/s, as a share; not a number where meaningless. */
  readonly errors: Readonly<Record<NuScenesError, number>>;
}

/** What {@link evaluateNuScenes} says. */
export interface NuScenesResult {
  /** Each class. */
  readonly classes: Readonly<Record<NuScenesClass, NuScenesClassResult>>;
  /** Mean average precision over classes and distances. */
  readonly meanAp: number;
  /** Mean of each error over the classes for which it means something. */
  readonly errors: Readonly<Record<NuScenesError, number>>;
  /** The nuScenes detection score: half of it precision, half of it small errors. */
  readonly nds: number;
}

/**
 * Evaluates by the rules of nuScenes.
 *
 * @param samples Scans; names of classes are those of {@link NUSCENES_RANGES}, others are left out.
 * @returns Precision, errors and score.
 */
export function evaluateNuScenes(samples: readonly NuScenesSample[]): NuScenesResult {
  const counted = samples.map((sample) => ({
    truth: sample.truth.filter((thing) => thing.points !== 0 && counts(thing, sample)),
    found: sample.found.filter((thing) => counts(thing, sample)),
  }));
  const names = Object.keys(NUSCENES_RANGES) as NuScenesClass[];
  const results = names.map((name) => [name, classResult(counted, name)] as const);
  const meanAp = mean(results.map(([, result]) => result.meanAp));
  const errors = perError((error) =>
    mean(results.map(([, result]) => result.errors[error]).filter((value) => !Number.isNaN(value)))
  );
  const scores = ERRORS.map((error) => Math.max(0, 1 - errors[error]));
  return {
    classes: Object.fromEntries(results) as Record<NuScenesClass, NuScenesClassResult>,
    meanAp,
    errors,
    nds: (5 * meanAp + scores.reduce((sum, score) => sum + score, 0)) / 10,
  };
}

function classResult(
  samples: readonly EvaluationSample<NuScenesTruth, NuScenesFound>[],
  name: NuScenesClass,
): NuScenesClassResult {
  const ap = CENTER_DISTANCES.map((reach) => curveAp(centerCurve(samples, name, reach).precision));
  const curve = centerCurve(samples, name, ERROR_DISTANCE);
  const meaningless = MEANINGLESS[name] ?? [];
  return {
    ap,
    meanAp: mean(ap),
    errors: perError((error) =>
      meaningless.includes(error) ? NaN : curveError(curve, MEASURES[error])
    ),
  };
}

function perError(value: (error: NuScenesError) => number): Record<NuScenesError, number> {
  return Object.fromEntries(ERRORS.map((error) => [error, value(error)])) as Record<
    NuScenesError,
    number
  >;
}

/** Whether a box is near enough, and not in a rack. */
function counts(
  { name, box }: TrueBox | FoundBox,
  { ego: [x, y] = [0, 0], racks = [] }: NuScenesSample,
): boolean {
  const reach = Object.entries(NUSCENES_RANGES).find(([known]) => known === name)?.[1];
  if (reach === undefined || Math.hypot(box.center[0] - x, box.center[1] - y) >= reach) {
    return false;
  }
  return !["bicycle", "motorcycle"].includes(name) || !racks.some((rack) => holds(rack, box));
}

/** Whether the centre of a box lies in another one. */
function holds({ center, size, heading }: Box3d, box: Box3d): boolean {
  const [dx, dy, dz] = [0, 1, 2].map((axis) => (box.center[axis] ?? 0) - (center[axis] ?? 0));
  const [cos, sin] = [Math.cos(heading), Math.sin(heading)];
  const inside = [
    (dx ?? 0) * cos + (dy ?? 0) * sin,
    (dy ?? 0) * cos - (dx ?? 0) * sin,
    dz ?? 0,
  ];
  return inside.every((value, axis) => Math.abs(value) <= (size[axis] ?? 0) / 2);
}

/** Intersection over union of two boxes that are put into each other. */
function alignedIou(a: Box3d, b: Box3d): number {
  const volume = (size: readonly number[]) => size.reduce((product, extent) => product * extent, 1);
  const shared = volume(a.size.map((extent, axis) => Math.min(extent, b.size[axis] ?? 0)));
  return shared / (volume(a.size) + volume(b.size) - shared);
}

/** The smaller turn between two headings, from their difference. */
function turn(difference: number, period: number): number {
  const shifted = (difference + period / 2) % period;
  return Math.abs((shifted < 0 ? shifted + period : shifted) - period / 2);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
