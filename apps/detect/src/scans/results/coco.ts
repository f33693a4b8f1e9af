import { type Calibration, type PictureBox, pictureBox } from "./calibration.ts";
import { type FoundInScan, short } from "./found.ts";

/** A box in the form of COCO's results, with what is needed in space. */
export interface CocoBox3d {
  /** The scan: a number where its name is one, else the name. */
  readonly image_id: number | string;
  /** Number of the class, from 0 in the model's order. */
  readonly category_id: number;
  /** x, y, z of the middle, length, width, height in metres, turn in radians. */
  readonly bbox3d: readonly number[];
  /** Left, top, width, height in the camera's picture, with a calibration that sees the box. */
  readonly bbox?: readonly number[];
  /** From 0 to 1. */
  readonly score: number;
}

/**
 * Boxes as a list of results like COCO's, with `bbox3d` where pictures have `bbox`.
 *
 * @param found The boxes.
 * @param calibration The camera.
 * @returns One result for each box.
 */
export function cocoBoxes(
  { boxes, stem }: FoundInScan,
  calibration?: Calibration,
): readonly CocoBox3d[] {
  return boxes.map((box) => {
    const { classId, score, center, size, heading } = box;
    const picture = calibration && pictureBox(box, calibration);
    return {
      image_id: /^\d+$/.test(stem) ? Number(stem) : stem,
      category_id: classId,
      bbox3d: [...center, ...size, heading].map(short),
      ...(picture === undefined ? {} : { bbox: cornerAndExtent(picture) }),
      score: short(score),
    };
  });
}

function cornerAndExtent([left, top, right, bottom]: PictureBox): readonly number[] {
  return [left, top, right - left, bottom - top].map(short);
}
