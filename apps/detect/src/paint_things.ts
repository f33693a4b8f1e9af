import {
  type Color,
  drawText,
  fillRectangle,
  type RgbFrame,
  strokeRectangle,
  textExtent,
} from "@vicinity/media";
import type { PastedMask } from "@vicinity/vision";
import type { Found } from "./instances.ts";
import { masksOf } from "./things.ts";

/** A letter is this part of the picture's shorter side high, in pixels of the font. */
const FONT_PART = 400;
const WHITE: Color = [255, 255, 255];
const BLACK: Color = [0, 0, 0];

/**
 * Paints things over a picture: outlines, boxes, names with scores.
 *
 * @param picture The picture.
 * @param found The things.
 * @param opacity Share of the class's colour inside outlines, 0 to 1.
 * @returns A new picture of the same size.
 */
export function paintThings(picture: RgbFrame, found: Found, opacity: number): RgbFrame {
  const painted = { ...picture, data: new Uint8Array(picture.data) };
  const size = Math.max(1, Math.round(Math.min(picture.width, picture.height) / FONT_PART));
  const colorOf = (classId: number): Color => found.shown.classes[classId]?.color ?? WHITE;
  for (const { thing, pixels } of masksOf(found)) {
    tint(painted, pixels, colorOf(thing.classId), opacity);
  }
  for (const { classId, score, box } of found.things.toReversed()) {
    const [x, y] = [Math.round(box[0]), Math.round(box[1])];
    const rectangle = { x, y, width: Math.round(box[2]) - x, height: Math.round(box[3]) - y };
    const color = colorOf(classId);
    strokeRectangle(painted, rectangle, color, 2 * size);
    const name = found.shown.classes[classId]?.name ?? `class ${classId}`;
    drawPlate(painted, `${name} ${score.toFixed(2)}`, { x, y, size, color });
  }
  return painted;
}

function tint(picture: RgbFrame, pixels: PastedMask, color: Color, opacity: number): void {
  for (const [at, inside] of pixels.data.entries()) {
    if (inside === 0) continue;
    const row = pixels.y + Math.floor(at / pixels.width);
    const start = (row * picture.width + pixels.x + at % pixels.width) * 3;
    for (const [channel, paint] of color.entries()) {
      const under = picture.data[start + channel] ?? 0;
      picture.data[start + channel] = Math.round((1 - opacity) * under + opacity * paint);
    }
  }
}

interface Plate {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly color: Color;
}

/** A name on a plate of the box's colour, above the box where there is room. */
function drawPlate(picture: RgbFrame, text: string, { x, y, size, color }: Plate): void {
  const { width, height } = textExtent(text, size);
  const plate = { width: width + 4 * size, height: height + 4 * size };
  const left = Math.max(0, Math.min(x, picture.width - plate.width));
  const top = y >= plate.height ? y - plate.height : Math.max(0, y);
  fillRectangle(picture, { x: left, y: top, ...plate }, color);
  const [red, green, blue] = color;
  // Luma of BT.601: dark letters on light plates, light ones on dark plates.
  const isLight = 0.299 * red + 0.587 * green + 0.114 * blue > 140;
  const place = { x: left + 2 * size, y: top + 2 * size };
  drawText(picture, text, { ...place, size, color: isLight ? BLACK : WHITE });
}
