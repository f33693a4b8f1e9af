import type { LidarScan } from "@vicinity/dsvt";
import type { ClassInfo, ScoredBox3d } from "@vicinity/vision";

/** What was found in a scan, in the axes of its file. */
export interface FoundInScan {
  /** Its points. */
  readonly scan: LidarScan;
  /** Its boxes, the surest first. */
  readonly boxes: readonly ScoredBox3d[];
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
