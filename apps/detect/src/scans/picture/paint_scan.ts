import type { LidarScan } from "@vicinity/dsvt";
import { type Color, fillRectangle, type RgbFrame } from "@vicinity/media";
import { paintFootprints, paintOutlines, type ShownBoxes } from "./boxes.ts";
import { paintRingLabels, paintRings, paintSensor, ringLabels, sensorArea } from "./grid.ts";
import { labelBoxes } from "./labels.ts";
import { addScanLegend } from "./legend.ts";
import { paintPoints, type PointColors } from "./points.ts";
import type { BirdsEyeView } from "./view.ts";

const NIGHT: Color = [8, 10, 14];
/** A capital is this part of the picture's shorter side high. */
const LETTER_PART = 85;

/** What a bird's-eye picture shows. */
export interface ShownScan extends ShownBoxes {
  /** The points. */
  readonly scan: LidarScan;
  /** A line about the scan. */
  readonly title: string;
}

/**
 * Paints a scan from above: points as light on a dark ground, range rings, oriented boxes with names and
 * scores, and a strip with what the colours mean.
 *
 * @param shown What is painted.
 * @param view The part of the ground and the size of the picture.
 * @param colors How points are coloured.
 * @returns The picture, as wide as the view and higher by the strip.
 */
export function paintScan(
  shown: ShownScan,
  view: BirdsEyeView,
  colors: PointColors,
): RgbFrame {
  const { width, height } = view;
  const picture = { width, height, data: new Uint8Array(width * height * 3) };
  const capHeight = Math.max(7, Math.min(24, Math.min(width, height) / LETTER_PART));
  fillRectangle(picture, { x: 0, y: 0, width, height }, NIGHT);
  paintRings(picture, view);
  paintFootprints(picture, shown, view);
  paintPoints(picture, shown.scan, view, colors);
  const small = 0.85 * capHeight;
  const distances = ringLabels(view, shown.boxes, small);
  paintRingLabels(picture, distances, small);
  paintSensor(picture, view);
  paintOutlines(picture, shown, view);
  labelBoxes(picture, shown, view, [sensorArea(view), ...distances.map(({ area }) => area)]);
  return addScanLegend(picture, view, { ...shown, colors }, capHeight);
}
