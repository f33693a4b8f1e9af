import { type Color, fillConvex, type Point, type RgbFrame, strokePath } from "@vicinity/media";
import { type ClassInfo, footprint, type ScoredBox3d } from "@vicinity/vision";
import type { BirdsEyeView } from "./view.ts";

const UNKNOWN: Color = [255, 255, 255];
/** Opacity of the line around a box with score 0. */
const FAINTEST = 0.55;
/** Width of lines as a part of a metre on the ground. */
const LINE_METRES = 0.16;

/** Boxes and what they are. */
export interface ShownBoxes {
  /** The boxes, the surest first. */
  readonly boxes: readonly ScoredBox3d[];
  /** Names and colours of the classes. */
  readonly classes: readonly ClassInfo[];
}

/**
 * Paints the ground under boxes in the colours of their classes.
 *
 * @param picture Painted in place.
 * @param shown The boxes and what they are.
 * @param view Where they are.
 */
export function paintFootprints(
  picture: RgbFrame,
  { boxes, classes }: ShownBoxes,
  view: BirdsEyeView,
): void {
  for (const box of boxes.toReversed()) {
    const corners = footprint(box).map(([x, y]) => view.place(x, y));
    const color = classes[box.classId]?.color ?? UNKNOWN;
    fillConvex(picture, corners, { color, opacity: 0.2 * opacityOf(box) });
  }
}

/**
 * Paints the outlines of boxes seen from above, with a line from the middle to the front; the surest on
 * top and strongest.
 *
 * @param picture Painted in place.
 * @param shown The boxes and what they are.
 * @param view Where they are.
 */
export function paintOutlines(
  picture: RgbFrame,
  { boxes, classes }: ShownBoxes,
  view: BirdsEyeView,
): void {
  const width = Math.max(1.2, Math.min(4, LINE_METRES * view.scale));
  for (const box of boxes.toReversed()) {
    const color = classes[box.classId]?.color ?? UNKNOWN;
    const style = { color, width, opacity: opacityOf(box) };
    const corners = footprint(box).map(([x, y]) => view.place(x, y));
    strokePath(picture, corners, { ...style, closed: true });
    const center = view.place(box.center[0], box.center[1]);
    strokePath(picture, [center, middle(corners[1], corners[2])], style);
  }
}

function opacityOf({ score }: ScoredBox3d): number {
  return FAINTEST + (1 - FAINTEST) * score;
}

function middle([ax, ay]: Point = [0, 0], [bx, by]: Point = [0, 0]): Point {
  return [(ax + bx) / 2, (ay + by) / 2];
}
