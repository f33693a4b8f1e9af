import { type FoundInScan, short } from "./found.ts";

/** A box in the form of COCO's results, with what is needed in space. */
export interface CocoBox3d {
  /** The scan: a number where its name is one, else the name. */
  readonly image_id: number | string;
  /** Number of the class, from 0 in the model's order. */
  readonly category_id: number;
  /** x, y, z of the middle, length, width, height in metres, turn in radians. */
  readonly bbox3d: readonly number[];
  /** From 0 to 1. */
  readonly score: number;
}

/**
 * Boxes as a list of results like COCO's, with `bbox3d` where pictures have `bbox`.
 *
 * @param found The boxes.
 * @returns One result for each box.
 */
export function cocoBoxes({ boxes, stem }: FoundInScan): readonly CocoBox3d[] {
  return boxes.map(({ classId, score, center, size, heading }) => ({
    image_id: /^\d+$/.test(stem) ? Number(stem) : stem,
    category_id: classId,
    bbox3d: [...center, ...size, heading].map(short),
    score: short(score),
  }));
}
