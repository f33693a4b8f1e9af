import type { ScoredBox3d } from "@vicinity/vision";
import { shownPath } from "@vicinity/cli";
import type { GatheredScan } from "../sweeps/gather_sweeps.ts";
import type { SweepFile } from "../sweeps/scan_place.ts";
import { classNameOf, type FoundInScan, short } from "./found.ts";

/** A box in the JSON of an input: metres and radians, in the axes of the file. */
export interface BoxRecord {
  /** Number of its class. */
  readonly classId: number;
  /** Name of its class. */
  readonly className: string;
  /** From 0 to 1. */
  readonly score: number;
  /** x, y, z of its middle. */
  readonly center: readonly number[];
  /** Length along the heading, width, height. */
  readonly size: readonly number[];
  /** Radians from the x axis, counter-clockwise seen from above. */
  readonly yaw: number;
  /** Metres a second along x and y. */
  readonly velocity?: readonly number[];
}

/**
 * A box as the JSON of an input has it.
 *
 * @param found What it was found with.
 * @param box The box.
 * @returns The record.
 */
export function recordOf(found: FoundInScan, box: ScoredBox3d): BoxRecord {
  const { classId, score, center, size, heading, velocity } = box;
  return {
    classId,
    className: classNameOf(found, box),
    score: short(score),
    center: center.map(short),
    size: size.map(short),
    yaw: short(heading),
    ...(velocity === undefined ? {} : { velocity: velocity.map(short) }),
  };
}

/**
 * An earlier scan as the JSON of an input has it.
 *
 * @param sweep The scan.
 * @returns Its path and its age in seconds.
 */
export function recordOfSweep({ path, lag }: SweepFile): Readonly<Record<string, unknown>> {
  return { path: shownPath(path), lag: short(lag) };
}

/**
 * How many scans were put together.
 *
 * @param gathered The scans, if there are several.
 * @returns Such as `10 sweeps`, in a list; nothing for a single scan.
 */
export function sweepsInWords(gathered: GatheredScan | undefined): readonly string[] {
  if (gathered === undefined) return [];
  const { earlier: { length }, wanted } = gathered;
  return [length + 1 === wanted ? `${wanted} sweeps` : `${length + 1} of ${wanted} sweeps`];
}

/**
 * How many boxes of each class there are.
 *
 * @param found What was found.
 * @returns Such as `5 Vehicle, 1 Pedestrian`, the most frequent first.
 */
export function countsInWords(found: FoundInScan): string {
  const counts = new Map<string, number>();
  for (const box of found.boxes) {
    const name = classNameOf(found, box);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const words = [...counts].sort(([, a], [, b]) => b - a).map(([name, count]) =>
    `${count} ${name}`
  );
  return words.length === 0 ? "nothing" : words.join(", ");
}

/**
 * By how much a scan was lifted to where the model knows the ground.
 *
 * @param lift Metres, downwards if negative.
 * @returns Such as `lifted by 1.73 m`.
 */
export function liftInWords(lift: number): string {
  return lift === 0
    ? "heights as they are"
    : `${lift > 0 ? "lifted" : "lowered"} by ${Math.abs(lift).toFixed(2)} m`;
}
