import { type Color, PointLayer, type RgbFrame, VIRIDIS } from "@vicinity/media";
import type { LidarScan } from "@vicinity/dsvt";
import type { BirdsEyeView } from "./view.ts";

/** What the colour of points says. */
export type PointColoring = "height" | "intensity";

/** How points are coloured. */
export interface PointColors {
  /** What the colour says. */
  readonly by: PointColoring;
  /** The values of the first and of the last colour. */
  readonly range: readonly [least: number, greatest: number];
}

/** The colours, from the least to the greatest value; without the darkest, which the night would swallow. */
export const POINT_COLORS: readonly Color[] = VIRIDIS.slice(40);

/** Points that heights and intensities are judged by. */
const SAMPLE = 200_000;
const WHITE: Color = [255, 255, 255];
/** How fast points fill a pixel. */
const EXPOSURE = 2.4;
/** Side of a point on the ground. */
const POINT_METRES = 0.06;
/** Share of the brightness that a point without any return has. */
const DARKEST = 0.45;
/** Metres above the ground at which the colours end. */
const SHOWN_HEIGHT = 4;

/**
 * Chooses the colours of a scan: heights from the ground on, or intensities up to the strongest but for
 * a few mirrors.
 *
 * @param scan The points.
 * @param by What the colours say; height where there is no intensity.
 * @param view The part of the ground that is seen.
 * @returns Values of the first and of the last colour.
 */
export function pointColors(
  { positions, intensity }: LidarScan,
  by: PointColoring,
  view: BirdsEyeView,
): PointColors {
  const seen: number[] = [];
  const values = by === "intensity" ? intensity : undefined;
  for (let at = 0; at < positions.length / 3; at += strideOf(positions.length / 3)) {
    const [x, y] = [positions[at * 3] ?? 0, positions[at * 3 + 1] ?? 0];
    if (view.sees(x, y)) seen.push(values?.[at] ?? positions[at * 3 + 2] ?? 0);
  }
  const sorted = Float64Array.from(seen).sort();
  const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  if (values !== undefined) return { by: "intensity", range: [0, quantile(0.95) || 1] };
  const ground = Math.round(quantile(0.05) * 2) / 2;
  return { by: "height", range: [ground, ground + SHOWN_HEIGHT] };
}

/**
 * Paints the points of a scan as light: many on one place are bright, and strong returns brighter than
 * weak ones.
 *
 * @param picture Painted in place.
 * @param scan The points.
 * @param view Where they are.
 * @param colors How they are coloured.
 */
export function paintPoints(
  picture: RgbFrame,
  scan: LidarScan,
  view: BirdsEyeView,
  colors: PointColors,
): void {
  const { positions, intensity } = scan;
  const layer = new PointLayer(view.width, view.height);
  const side = Math.max(1, POINT_METRES * view.scale);
  const strongest = intensity === undefined ? 1 : strongReturn(intensity);
  for (let at = 0; at < positions.length / 3; at++) {
    const [x, y] = [positions[at * 3] ?? 0, positions[at * 3 + 1] ?? 0];
    if (!view.sees(x, y)) continue;
    const strength = Math.max(0, Math.min(1, (intensity?.[at] ?? strongest) / strongest));
    const light = DARKEST + (1 - DARKEST) * Math.sqrt(strength);
    layer.add(view.place(x, y), pointColor(scan, at, colors), light, side);
  }
  layer.paint(picture, EXPOSURE);
}

/**
 * The colour of a point.
 *
 * @param scan The points.
 * @param point Its number.
 * @param colors How they are coloured.
 * @returns Red, green, blue.
 */
export function pointColor(
  { positions, intensity }: LidarScan,
  point: number,
  { by, range: [least, greatest] }: PointColors,
): Color {
  const value = by === "height" ? positions[point * 3 + 2] : intensity?.[point];
  const share = Math.max(0, Math.min(1, ((value ?? least) - least) / (greatest - least)));
  return POINT_COLORS[Math.round(share * (POINT_COLORS.length - 1))] ?? WHITE;
}

/** Every so manieth point says enough of how all are spread. */
function strideOf(count: number): number {
  return Math.ceil(count / SAMPLE);
}

/** An intensity that few returns exceed; never 0. */
function strongReturn(intensity: Float32Array): number {
  const stride = strideOf(intensity.length);
  const sorted = intensity.filter((_, at) => at % stride === 0).sort();
  return sorted[Math.floor(0.9 * (sorted.length - 1))] || 1;
}
