/** Common area of two turned rectangles as the CUDA kernels of the official detectors find it. */
import type { Box3d } from "./box3d.ts";
import { areaOf } from "./clipped_area.ts";
import { footprint } from "./corners.ts";

type Point = readonly [x: number, y: number];

/**
 * Collects the places where edges cross and the corners of each rectangle that lie in the other one,
 * or not farther than a margin beside it, and takes the area of the ring they form in order of their
 * angle about their mean. Corners inside the margin make the ring larger than the common area.
 *
 * @param a A box.
 * @param b Another box.
 * @param margin Metres.
 * @returns Square metres.
 */
export function tracedArea(a: Box3d, b: Box3d, margin: number): number {
  // Only places relative to each other matter; near the origin less is lost.
  const near = { ...a, center: [0, 0, 0] as const };
  const other: Box3d = {
    ...b,
    center: [b.center[0] - a.center[0], b.center[1] - a.center[1], 0],
  };
  const [cornersA, cornersB] = [footprint(near), footprint(other)];
  const ring = [
    ...edgesOf(cornersA).flatMap((p) => edgesOf(cornersB).flatMap((q) => crossing(p, q))),
    ...cornersB.filter((corner) => holds(near, corner, margin)),
    ...cornersA.filter((corner) => holds(other, corner, margin)),
  ];
  const mean = (axis: 0 | 1) => ring.reduce((sum, point) => sum + point[axis], 0) / ring.length;
  const [x, y] = [mean(0), mean(1)];
  const angles = new Map(ring.map((point) => [point, Math.atan2(point[1] - y, point[0] - x)]));
  return areaOf(ring.sort((p, q) => (angles.get(p) ?? 0) - (angles.get(q) ?? 0)));
}

type Edge = readonly [from: Point, to: Point];

function edgesOf(corners: readonly Point[]): Edge[] {
  return corners.map((from, index) => [from, corners[(index + 1) % corners.length] ?? from]);
}

/** The place where two edges cross, if each has its ends strictly on both sides of the other. */
function crossing([p, pEnd]: Edge, [q, qEnd]: Edge): Point[] {
  const [qSide, qEndSide] = [side(p, pEnd, q), side(p, pEnd, qEnd)];
  if (!(qSide * qEndSide < 0 && side(q, qEnd, p) * side(q, qEnd, pEnd) < 0)) return [];
  const share = qSide / (qSide - qEndSide);
  return [[q[0] + share * (qEnd[0] - q[0]), q[1] + share * (qEnd[1] - q[1])]];
}

/** Positive on the left of the line from one point to another. */
function side(from: Point, to: Point, point: Point): number {
  return (to[0] - from[0]) * (point[1] - from[1]) - (to[1] - from[1]) * (point[0] - from[0]);
}

function holds({ center, size, heading }: Box3d, [x, y]: Point, margin: number): boolean {
  const [dx, dy] = [x - center[0], y - center[1]];
  const [cos, sin] = [Math.cos(heading), Math.sin(heading)];
  return Math.abs(dx * cos + dy * sin) < size[0] / 2 + margin &&
    Math.abs(dy * cos - dx * sin) < size[1] / 2 + margin;
}
