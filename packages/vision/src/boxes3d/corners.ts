/** Corners of boxes in space. */
import type { Box3d } from "./box3d.ts";

/** Signs of the half extents along length and width, counter-clockwise from the rear right. */
const TURNS = [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const;

/**
 * The rectangle that a box covers seen from above.
 *
 * @param box Any box.
 * @returns x and y of its four corners, counter-clockwise, rear right first.
 *
 * @example
 * ```ts
 * import { footprint } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const [rearRight] = footprint({ center: [10, 0, 1], size: [4, 2, 2], heading: 0 });
 * assert.deepEqual(rearRight, [8, -1]);
 * ```
 */
export function footprint({ center, size, heading }: Box3d): [x: number, y: number][] {
  const [cos, sin] = [Math.cos(heading), Math.sin(heading)];
  return TURNS.map(([along, across]) => {
    const [x, y] = [along * size[0] / 2, across * size[1] / 2];
    return [center[0] + x * cos - y * sin, center[1] + x * sin + y * cos];
  });
}

/**
 * The eight corners of a box.
 *
 * @param box Any box.
 * @returns x, y and z of the bottom corners in the order of {@link footprint}, then of the top ones.
 */
export function corners3d(box: Box3d): [x: number, y: number, z: number][] {
  const half = box.size[2] / 2;
  return [-half, half].flatMap((dz) =>
    footprint(box).map(([x, y]): [number, number, number] => [x, y, box.center[2] + dz])
  );
}
