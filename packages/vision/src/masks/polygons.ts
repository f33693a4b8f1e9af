/** Outlines of masks. */
// @ts-types="npm:@types/d3-contour@3.0.6"
import { contours } from "d3-contour";

/** A ring of points `[x, y]` in pixels from the upper left corner; the last one equals the first. */
export type Ring = readonly (readonly [x: number, y: number])[];

/** An outline with the outlines of its holes behind it, as in GeoJSON. */
export type Polygon = readonly Ring[];

/**
 * Outlines of a mask: lines through the middles between pixels inside and outside.
 *
 * @param mask `[height, width]`; everything but 0 is inside.
 * @param height Rows.
 * @param width Columns.
 * @returns One polygon for each connected part.
 *
 * @example
 * ```ts
 * import { maskPolygons } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * assert.equal(maskPolygons([0, 0, 0, 0, 1, 0, 0, 0, 0], 3, 3).length, 1);
 * ```
 */
export function maskPolygons(
  mask: ArrayLike<number>,
  height: number,
  width: number,
): readonly Polygon[] {
  const values = Array.from(mask, (value) => value === 0 ? 0 : 1);
  const { coordinates } = contours().size([width, height]).smooth(false).contour(values, 0.5);
  return coordinates.map((polygon) =>
    polygon.map((ring) => ring.map(([x = 0, y = 0]): [number, number] => [x, y]))
  );
}
