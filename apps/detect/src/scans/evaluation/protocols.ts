import {
  classOfLabel,
  evaluateCenterDistance,
  evaluateKitti,
  evaluateNuScenes,
  evaluateWaymo,
  type FoundBox,
  KITTI_OVERLAPS,
  type KittiTruth,
  NUSCENES_RANGES,
  WAYMO_OVERLAPS,
} from "@vicinity/vision";
import { table } from "./table.ts";

/** How boxes are compared with labels. */
export type ProtocolName = "distance" | "kitti" | "nuscenes" | "waymo";

/** Labels and boxes of a scan, with the names of their own data sets. */
export interface NamedSample {
  /** What is there. */
  readonly truth: readonly KittiTruth[];
  /** What was found. */
  readonly found: readonly FoundBox[];
}

/** What a protocol says. */
export interface Verdict {
  /** Which one. */
  readonly protocol: ProtocolName;
  /** For JSON. */
  readonly result: unknown;
  /** For people. */
  readonly lines: readonly string[];
}

type Protocol = (samples: readonly NamedSample[], classes: readonly string[]) => Verdict;

/** The protocols, each in the words of its own classes. */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  distance: (samples, classes) => {
    const results = evaluateCenterDistance(renamed(samples, classes), { classes });
    const rows = results.map((
      { name, things, ap, meanAp },
    ) => [name, String(things), ...ap, meanAp]);
    const heads = ["class", "things", "0.5 m", "1 m", "2 m", "4 m", "mean"];
    return verdict("distance", results, "AP by the distance of centres", [heads, ...rows]);
  },
  waymo: (samples) => {
    const named = renamed(samples, Object.keys(WAYMO_OVERLAPS));
    const results = evaluateWaymo(named);
    const whole = results.filter(({ range }) => range.from === 0 && range.to === Infinity);
    const rows = whole.map(({ name, level, things, ap, aph }) => [
      `${name} L${level}`,
      String(things),
      ap,
      aph,
    ]);
    const heads = ["class", "things", "AP", "APH"];
    return verdict("waymo", results, "AP by overlap, as Waymo has it", [heads, ...rows]);
  },
  kitti: (samples) => {
    const classes = Object.keys(KITTI_OVERLAPS);
    const named = samples.map(({ truth, found }) => ({ truth, found: rename(found, classes) }));
    const results = evaluateKitti(named, { metrics: ["bev", "3d"] });
    const rows = results.map(({ name, metric, difficulty, things, r40 }) => [
      `${name} ${metric} ${difficulty}`,
      String(things),
      r40,
    ]);
    const heads = ["class", "things", "AP R40"];
    return verdict("kitti", results, "AP by overlap, as KITTI has it", [heads, ...rows]);
  },
  nuscenes: (samples) => {
    const result = evaluateNuScenes(renamed(samples, Object.keys(NUSCENES_RANGES)));
    const rows = Object.entries(result.classes).map(([name, { ap, meanAp, errors }]) => [
      name,
      ...ap,
      meanAp,
      ...Object.values(errors),
    ]);
    const errors = Object.keys(result.errors).map((name) => name.replace("_err", ""));
    const heads = ["class", "0.5 m", "1 m", "2 m", "4 m", "mean", ...errors];
    const title = `AP and errors as nuScenes has them: mAP ${result.meanAp.toFixed(3)}, ` +
      `NDS ${result.nds.toFixed(3)}`;
    return verdict("nuscenes", result, title, [heads, ...rows]);
  },
};

function verdict(
  protocol: ProtocolName,
  result: unknown,
  title: string,
  rows: readonly (readonly (string | number)[])[],
): Verdict {
  return { protocol, result, lines: [title, ...table(rows)] };
}

/** Labels and boxes by the names of a list of classes; others are left out. */
function renamed(samples: readonly NamedSample[], classes: readonly string[]): NamedSample[] {
  return samples.map(({ truth, found }) => ({
    truth: rename(truth, classes),
    found: rename(found, classes),
  }));
}

function rename<Thing extends { readonly name: string }>(
  things: readonly Thing[],
  classes: readonly string[],
): Thing[] {
  return things.flatMap((thing) => {
    const name = classOfLabel(thing.name, classes);
    return name === undefined ? [] : [{ ...thing, name }];
  });
}
