/** How much boxes in space overlap. */
import type { Box3d } from "./box3d.ts";
import { clippedArea } from "./clipped_area.ts";
import { tracedArea } from "./traced_area.ts";

/**
 * How the common area of two turned rectangles is found.
 *
 * - `exact`: by clipping one at the edges of the other.
 * - `margin`: as `iou3d_nms` of OpenPCDet does, where a corner up to 1 cm outside the other rectangle
 *   counts as inside; at most 0.004 off in intersection over union.
 * - `quarter turn`: as the non-maximum suppression of the published DSVT detectors on Waymo does. A
 *   conversion of angles there turns every rectangle by a quarter about its own centre, so that long
 *   cars side by side overlap more and cars in a row less than they should.
 */
export type OverlapRule = "exact" | "margin" | "quarter turn";

/** Metres that a corner may lie outside and count as inside, by rule. Source: the CUDA kernels. */
const MARGINS = { margin: 1e-2, "quarter turn": 1e-5 } as const;

/** Divisors are at least this large. Sources: `iou3d_nms_kernel.cu`, `iou3d_nms_utils.py`. */
const LEAST_AREA = 1e-8;
const LEAST_VOLUME = 1e-6;

/**
 * Common area of two boxes seen from above.
 *
 * @param a A box.
 * @param b Another box.
 * @param rule How the area is found; `exact` when absent.
 * @returns Square metres.
 */
export function bevOverlap(a: Box3d, b: Box3d, rule: OverlapRule = "exact"): number {
  if (farApart(a, b)) return 0;
  if (rule === "exact") return clippedArea(a, b);
  const turned = (box: Box3d) =>
    rule === "quarter turn" ? { ...box, heading: box.heading - Math.PI / 2 } : box;
  return tracedArea(turned(a), turned(b), MARGINS[rule]);
}

/**
 * Intersection over union of two boxes seen from above.
 *
 * @param a A box.
 * @param b Another box.
 * @param rule How the common area is found; `exact` when absent.
 * @returns From 0 to 1.
 *
 * @example
 * ```ts
 * import { bevIou, type Box3d } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const car: Box3d = { center: [0, 0, 0], size: [4, 2, 2], heading: 0 };
 * const ahead: Box3d = { ...car, center: [2, 0, 5] };
 * assert.equal(bevIou(car, ahead), 1 / 3);
 * ```
 */
export function bevIou(a: Box3d, b: Box3d, rule: OverlapRule = "exact"): number {
  const shared = bevOverlap(a, b, rule);
  const areas = a.size[0] * a.size[1] + b.size[0] * b.size[1];
  return shared / Math.max(areas - shared, LEAST_AREA);
}

/**
 * Intersection over union of two boxes in space.
 *
 * @param a A box.
 * @param b Another box.
 * @param rule How the common area seen from above is found; `exact` when absent.
 * @returns From 0 to 1.
 */
export function iou3d(a: Box3d, b: Box3d, rule: OverlapRule = "exact"): number {
  const [halfA, halfB] = [a.size[2] / 2, b.size[2] / 2];
  const top = Math.min(a.center[2] + halfA, b.center[2] + halfB);
  const bottom = Math.max(a.center[2] - halfA, b.center[2] - halfB);
  const high = Math.max(0, top - bottom);
  const shared = high === 0 ? 0 : high * bevOverlap(a, b, rule);
  return shared / Math.max(volume(a) + volume(b) - shared, LEAST_VOLUME);
}

function volume({ size: [length, width, height] }: Box3d): number {
  return length * width * height;
}

/** Whether the circles around two rectangles, widened by the largest margin, do not meet. */
function farApart(a: Box3d, b: Box3d): boolean {
  const reach = radius(a) + radius(b) + 4 * MARGINS.margin;
  const [dx, dy] = [a.center[0] - b.center[0], a.center[1] - b.center[1]];
  return dx * dx + dy * dy > reach * reach;
}

function radius({ size: [length, width] }: Box3d): number {
  return Math.sqrt(length * length + width * width) / 2;
}
