/** Common area of two turned rectangles, exactly. */
import type { Box3d } from "./box3d.ts";
import { footprint } from "./corners.ts";

type Point = readonly [x: number, y: number];

/**
 * Cuts the rectangle of one box at the four edges of the other, in the frame of the latter, so that
 * far from the origin nothing is lost.
 *
 * @param a A box.
 * @param b Another box.
 * @returns Square metres.
 */
export function clippedArea(a: Box3d, b: Box3d): number {
  const [cos, sin] = [Math.cos(a.heading), Math.sin(a.heading)];
  const [dx, dy] = [b.center[0] - a.center[0], b.center[1] - a.center[1]];
  let polygon: readonly Point[] = footprint({
    center: [dx * cos + dy * sin, dy * cos - dx * sin, 0],
    size: b.size,
    heading: b.heading - a.heading,
  });
  for (const axis of [0, 1] as const) {
    for (const side of [1, -1]) polygon = cut(polygon, axis, side, a.size[axis] / 2);
  }
  return areaOf(polygon);
}

/** The part of a polygon where `side · point[axis] <= limit`. */
function cut(polygon: readonly Point[], axis: 0 | 1, side: number, limit: number): Point[] {
  return polygon.flatMap((point, index) => {
    const next = polygon[(index + 1) % polygon.length] ?? point;
    const [here, there] = [limit - side * point[axis], limit - side * next[axis]];
    const kept = here >= 0 ? [point] : [];
    if ((here >= 0) === (there >= 0)) return kept;
    const share = here / (here - there);
    return [...kept, [
      point[0] + share * (next[0] - point[0]),
      point[1] + share * (next[1] - point[1]),
    ]];
  });
}

/** Area of a polygon, its corners in order. */
export function areaOf(polygon: readonly Point[]): number {
  const [origin] = polygon;
  if (!origin) return 0;
  let twice = 0;
  polygon.forEach((point, index) => {
    const next = polygon[index + 1] ?? origin;
    twice += (point[0] - origin[0]) * (next[1] - origin[1]) -
      (next[0] - origin[0]) * (point[1] - origin[1]);
  });
  return Math.abs(twice) / 2;
}
