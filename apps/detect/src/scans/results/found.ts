import type { LidarScan } from "@vicinity/dsvt";
import type { ClassInfo, ScoredBox3d } from "@vicinity/vision";

/** Points and boxes in the same axes. */
export interface Scene {
  /** The points. */
  readonly scan: LidarScan;
  /** The boxes, the surest first. */
  readonly boxes: readonly ScoredBox3d[];
}

/** What was found in a scan. */
export interface FoundInScan {
  /** Its boxes in the axes of the file, the surest first. */
  readonly boxes: readonly ScoredBox3d[];
  /** All that the model found, in the axes of the file, whatever was wanted of it. */
  readonly everything: readonly ScoredBox3d[];
  /** Points and boxes in the axes of the file, less what the reader took off all coordinates. */
  readonly near: Scene;
  /** What the reader took off. */
  readonly origin: readonly [x: number, y: number, z: number];
  /** The same in the axes of the model: metres, z up. */
  readonly placed: Scene;
  /** The model's classes. */
  readonly classes: readonly ClassInfo[];
  /** Its name without ending. */
  readonly stem: string;
}

/**
 * The name of a box's class.
 *
 * @param found What was found.
 * @param box One of its boxes.
 * @returns The model's name, or its number where it has none.
 */
export function classNameOf({ classes }: FoundInScan, { classId }: ScoredBox3d): string {
  return classes[classId]?.name ?? `class ${classId}`;
}

/**
 * A number for files that people compare: at most 6 significant digits.
 *
 * @param value The number.
 * @returns The same, rounded.
 */
export function short(value: number): number {
  return Number(value.toPrecision(6));
}
