import { blendPixel } from "./blend.ts";
import type { RgbFrame } from "./compare.ts";
import type { Color } from "./draw.ts";

/** A place in a picture: the middle of the upper left pixel is at 0.5, 0.5. */
export type Point = readonly [x: number, y: number];

/** How a line looks. */
export interface StrokeStyle {
  /** Its colour. */
  readonly color: Color;
  /** Its width in pixels; fractions give thinner, paler lines. */
  readonly width: number;
  /** How much of the colour is laid over the picture, 0 to 1; 1 by default. */
  readonly opacity?: number;
  /** Whether the last point is joined with the first. */
  readonly closed?: boolean;
}

/** How an area looks. */
export interface FillStyle {
  /** Its colour. */
  readonly color: Color;
  /** How much of the colour is laid over the picture, 0 to 1; 1 by default. */
  readonly opacity?: number;
}

/**
 * Draws a line with smooth edges and round ends through points. Where it crosses itself it is not
 * darker, because each pixel is painted once.
 *
 * @param picture Painted in place; what lies outside is left out.
 * @param points At least two; with one a dot is drawn.
 * @param style Colour, width, opacity.
 */
export function strokePath(picture: RgbFrame, points: readonly Point[], style: StrokeStyle): void {
  const { color, width, opacity = 1, closed = false } = style;
  const [first] = points;
  if (first === undefined) return;
  const ends = closed || points.length === 1 ? [...points.slice(1), first] : points.slice(1);
  const segments = ends.map((end, index): readonly [Point, Point] => [points[index] ?? first, end]);
  const reach = width / 2 + 0.5;
  eachPixel(picture, points, reach, (column, row) => {
    const at: Point = [column + 0.5, row + 0.5];
    let distance = Infinity;
    for (const segment of segments) distance = Math.min(distance, distanceTo(segment, at));
    return blendPixel(picture, [column, row], color, opacity * coverage(width, distance));
  });
}

/**
 * Draws a circle with smooth edges.
 *
 * @param picture Painted in place; what lies outside is left out.
 * @param center Its middle.
 * @param radius Pixels from the middle to the line.
 * @param style Colour, width, opacity.
 */
export function strokeCircle(
  picture: RgbFrame,
  [x, y]: Point,
  radius: number,
  { color, width, opacity = 1 }: StrokeStyle,
): void {
  const reach = width / 2 + 0.5;
  const outer = radius + reach;
  const inner = Math.max(0, radius - reach);
  const last = Math.min(picture.height - 1, Math.ceil(y + outer));
  for (let row = Math.max(0, Math.floor(y - outer)); row <= last; row++) {
    const dy = row + 0.5 - y;
    const far = Math.sqrt(Math.max(0, outer * outer - dy * dy));
    const near = Math.sqrt(Math.max(0, inner * inner - dy * dy));
    const paint = (from: number, to: number) => {
      for (let column = Math.max(0, from); column <= Math.min(picture.width - 1, to); column++) {
        const distance = Math.abs(Math.hypot(column + 0.5 - x, dy) - radius);
        blendPixel(picture, [column, row], color, opacity * coverage(width, distance));
      }
    };
    const leftEnd = Math.floor(x - near);
    paint(Math.floor(x - far), leftEnd);
    paint(Math.max(leftEnd + 1, Math.floor(x + near)), Math.floor(x + far));
  }
}

/**
 * Fills a convex area, with smooth edges.
 *
 * @param picture Painted in place; what lies outside is left out.
 * @param corners At least three, in order around it, either way.
 * @param style Colour, opacity.
 */
export function fillConvex(
  picture: RgbFrame,
  corners: readonly Point[],
  { color, opacity = 1 }: FillStyle,
): void {
  const turned = signedArea(corners) < 0 ? corners.toReversed() : corners;
  const edges = turned.map((from, index): readonly [Point, Point] => [
    from,
    turned[(index + 1) % turned.length] ?? from,
  ]);
  eachPixel(picture, corners, 0.5, (column, row) => {
    let inside = Infinity;
    for (const [[ax, ay], [bx, by]] of edges) {
      const length = Math.hypot(bx - ax, by - ay);
      if (length === 0) continue;
      const across = (bx - ax) * (row + 0.5 - ay) - (by - ay) * (column + 0.5 - ax);
      inside = Math.min(inside, across / length);
    }
    if (inside === Infinity) return;
    blendPixel(picture, [column, row], color, opacity * Math.max(0, Math.min(1, inside + 0.5)));
  });
}

/** Visits the pixels of the picture around points. */
function eachPixel(
  { width, height }: RgbFrame,
  points: readonly Point[],
  reach: number,
  visit: (column: number, row: number) => void,
): void {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const right = Math.min(width - 1, Math.floor(Math.max(...xs) + reach));
  const bottom = Math.min(height - 1, Math.floor(Math.max(...ys) + reach));
  const left = Math.max(0, Math.floor(Math.min(...xs) - reach));
  for (let row = Math.max(0, Math.floor(Math.min(...ys) - reach)); row <= bottom; row++) {
    for (let column = left; column <= right; column++) visit(column, row);
  }
}

/** Share of a pixel that a line of a width covers when its middle is so far away. */
function coverage(width: number, distance: number): number {
  return Math.max(0, Math.min(1, width, width / 2 + 0.5 - distance));
}

function distanceTo([[ax, ay], [bx, by]]: readonly [Point, Point], [x, y]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / squared;
  const part = Math.max(0, Math.min(1, along));
  return Math.hypot(x - ax - part * dx, y - ay - part * dy);
}

function signedArea(corners: readonly Point[]): number {
  return corners.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = corners[(index + 1) % corners.length] ?? [x, y];
    return sum + x * nextY - nextX * y;
  }, 0);
}
