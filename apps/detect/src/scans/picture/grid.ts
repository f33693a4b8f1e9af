import {
  type Color,
  fillConvex,
  type Point,
  type RgbFrame,
  strokeCircle,
  strokePath,
  strokeTextWidth,
} from "@vicinity/media";
import type { Box3d } from "@vicinity/vision";
import { shadowedText } from "./shadowed_text.ts";
import type { BirdsEyeView, PixelArea } from "./view.ts";

const RING: Color = [120, 135, 160];
const EGO: Color = [240, 244, 250];
/** Distances between rings in metres. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500];
/** Directions in the picture between those in which roads run mostly. */
const DIAGONALS = [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const;
/** Most rings of a picture. */
const MOST_RINGS = 8;

/** Metres between two rings: 10 for the ranges of cars. */
export function ringStep({ range: { x, y } }: BirdsEyeView): number {
  const reach = Math.max(...x.map(Math.abs), ...y.map(Math.abs));
  return STEPS.find((step) => reach / step <= MOST_RINGS) ?? 1000;
}

/**
 * Paints circles around the sensor.
 *
 * @param picture Painted in place.
 * @param view Where they are.
 */
export function paintRings(picture: RgbFrame, view: BirdsEyeView): void {
  const step = ringStep(view);
  const { x, y } = view.range;
  const reach = Math.hypot(Math.max(...x.map(Math.abs)), Math.max(...y.map(Math.abs)));
  for (let radius = step; radius < reach; radius += step) {
    const style = { color: RING, width: 1, opacity: 0.35 };
    strokeCircle(picture, view.place(0, 0), radius * view.scale, style);
  }
}

/** A distance that is written on a circle. */
export interface RingLabel {
  /** The distance. */
  readonly text: string;
  /** The middle of the text. */
  readonly at: Point;
  /** Where it is painted. */
  readonly area: PixelArea;
}

/**
 * Where distances are written on the circles: along the diagonal with the fewest boxes.
 *
 * @param view Where the circles are.
 * @param boxes What they should not cover.
 * @param capHeight Height of a capital in pixels.
 * @returns The distances.
 */
export function ringLabels(
  view: BirdsEyeView,
  boxes: readonly Box3d[],
  capHeight: number,
): readonly RingLabel[] {
  const step = ringStep(view);
  const [x, y] = view.place(0, 0);
  const reach = 3 * capHeight;
  const centers = boxes.map(({ center }) => view.place(center[0], center[1]));
  const along = DIAGONALS.map(([right, down]) => {
    const places: { readonly text: string; readonly at: Point }[] = [];
    for (let radius = step;; radius += step) {
      const away = radius * view.scale * Math.SQRT1_2;
      const at: Point = [x + right * away, y + down * away];
      const inside = at[0] > reach && at[1] > reach && at[0] < view.width - reach &&
        at[1] < view.height - reach;
      if (!inside) break;
      places.push({ text: `${radius} m`, at });
    }
    const covered = places.filter(({ at }) =>
      centers.some((it) => Math.hypot(it[0] - at[0], it[1] - at[1]) < reach)
    );
    return { places, worth: places.length - 2 * covered.length };
  });
  const best = along.reduce((one, other) => other.worth > one.worth ? other : one);
  return best.places.map(({ text, at }) => {
    const half = strokeTextWidth(text, capHeight) / 2;
    const [left, right] = [at[0] - half, at[0] + half];
    const [top, bottom] = [at[1] - capHeight / 2, at[1] + capHeight / 2];
    return { text, at, area: { left, right, top, bottom } };
  });
}

/**
 * Writes distances on the circles.
 *
 * @param picture Painted in place.
 * @param labels The distances.
 * @param capHeight Height of a capital in pixels.
 */
export function paintRingLabels(
  picture: RgbFrame,
  labels: readonly RingLabel[],
  capHeight: number,
): void {
  for (const { text, at: [x, y] } of labels) {
    const at = [x, y + capHeight / 2] as const;
    shadowedText(picture, text, { at, capHeight, color: RING, align: "center" });
  }
}

/** Half the width of the sensor's mark in pixels. */
function sensorSize(view: BirdsEyeView): number {
  return Math.max(5, 0.9 * view.scale);
}

/** Where {@link paintSensor} paints. */
export function sensorArea(view: BirdsEyeView): PixelArea {
  const [x, y] = view.place(0, 0);
  const size = sensorSize(view);
  return { left: x - size, right: x + size, top: y - 4 * size, bottom: y + size };
}

/**
 * Marks the sensor with an arrow forward.
 *
 * @param picture Painted in place.
 * @param view Where it is.
 */
export function paintSensor(picture: RgbFrame, view: BirdsEyeView): void {
  const [x, y] = view.place(0, 0);
  const size = sensorSize(view);
  const tip: Point = [x, y - 1.6 * size];
  const notch: Point = [x, y + 0.5 * size];
  for (const side of [-1, 1]) {
    fillConvex(picture, [tip, [x + side * size, y + size], notch], { color: EGO });
  }
  strokePath(picture, [[x, tip[1] - 0.4 * size], [x, tip[1] - 2.4 * size]], {
    color: EGO,
    width: Math.max(1.2, 0.14 * size),
    opacity: 0.9,
  });
}
