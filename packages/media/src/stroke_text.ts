// @ts-types="./hershey.d.ts"
import { stringToPaths } from "hershey";
import type { RgbFrame } from "./compare.ts";
import type { Color } from "./draw.ts";
import { type Point, strokePath } from "./strokes.ts";

/** Units of the font from the foot of a capital to its top. */
const CAP_UNITS = 21;
/** Height of the foot of letters in the font's units. */
const BASE_UNITS = -9;
/** Width of a line as a part of the height of a capital. */
const WEIGHT = 0.13;

/** Where and how {@link strokeText} writes. */
export interface StrokeTextStyle {
  /** The place that {@link StrokeTextStyle.align} speaks of, and the foot of the letters. */
  readonly at: Point;
  /** Height of a capital in pixels. */
  readonly capHeight: number;
  /** Colour of the letters. */
  readonly color: Color;
  /** Whether the text begins, has its middle, or ends at the place; `left` by default. */
  readonly align?: "left" | "center" | "right";
  /** How much of the colour is laid over the picture, 0 to 1; 1 by default. */
  readonly opacity?: number;
}

/**
 * Width of a line of text in the stroke font.
 *
 * @param text The text.
 * @param capHeight Height of a capital in pixels.
 * @returns Pixels.
 */
export function strokeTextWidth(text: string, capHeight: number): number {
  const { bounds } = stringToPaths(known(text));
  return text === "" ? 0 : (bounds.maxX - bounds.minX) * capHeight / CAP_UNITS;
}

/**
 * Writes a line of text of any size with smooth edges, in Hershey's Roman Simplex, a font of lines
 * that needs nothing of the system.
 *
 * @param picture Painted in place; letters outside of it are cut off.
 * @param text The text; characters that the font has not are shown as question marks.
 * @param style Where and how.
 */
export function strokeText(picture: RgbFrame, text: string, style: StrokeTextStyle): void {
  if (text === "") return;
  const { at: [x, y], capHeight, color, align = "left", opacity = 1 } = style;
  const { bounds, paths } = stringToPaths(known(text));
  const scale = capHeight / CAP_UNITS;
  const start = { left: bounds.minX, center: (bounds.minX + bounds.maxX) / 2, right: bounds.maxX };
  const width = Math.max(1, WEIGHT * capHeight);
  for (const path of paths) {
    const points = path.map(([px, py]): Point => [
      x + (px - start[align]) * scale,
      y - (py - BASE_UNITS) * scale,
    ]);
    strokePath(picture, points, { color, width, opacity });
  }
}

/** Text with the characters that the font lacks replaced. */
function known(text: string): string {
  return text.replaceAll("×", "x").replace(
    /[^ A-Za-z0-9.,:;!?"°$/()|\-+='#&\\_*[\]{}<>~%@]/gu,
    "?",
  );
}
