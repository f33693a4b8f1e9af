import type { RgbFrame } from "./compare.ts";
import { type Color, drawText, fillRectangle, textExtent } from "./draw.ts";

/** A name and the colour that it is painted with. */
export interface PaintedClass {
  /** The name. */
  readonly name: string;
  /** The colour. */
  readonly color: Color;
}

/** How classes are painted over a picture. */
export interface OverlayOptions {
  /** Share of the class's colour, 0 to 1. */
  readonly opacity: number;
  /** The number of pixels that stay as they are. */
  readonly void?: number | undefined;
}

/** What is left of the colour on the border between two classes. */
const CONTOUR = 0.4;

/**
 * Paints every pixel with the colour of its class, with a thin dark line between classes.
 *
 * @param picture The picture.
 * @param labels The class of each pixel, `[height, width]`.
 * @param classes Their colours.
 * @param options How strongly.
 * @returns A new picture.
 *
 * @example
 * ```ts
 * import { overlayClasses } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const black = { width: 1, height: 1, data: new Uint8Array(3) };
 * const painted = overlayClasses(black, [0], [{ name: "sky", color: [0, 100, 200] }], {
 *   opacity: 0.5,
 * });
 * assert.deepEqual([...painted.data], [0, 50, 100]);
 * ```
 */
export function overlayClasses(
  picture: RgbFrame,
  labels: ArrayLike<number>,
  classes: readonly PaintedClass[],
  { opacity, void: nothing }: OverlayOptions,
): RgbFrame & { data: Uint8Array<ArrayBuffer> } {
  const { width, height } = picture;
  const data = new Uint8Array(picture.data);
  const at = (row: number, column: number) => labels[row * width + column];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const label = at(row, column);
      const color = label === undefined || label === nothing ? undefined : classes[label]?.color;
      const border = (column + 1 < width && at(row, column + 1) !== label) ||
        (row + 1 < height && at(row + 1, column) !== label);
      if (color === undefined && !border) continue;
      const start = (row * width + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const under = data[start + channel] ?? 0;
        const paint = color?.[channel] ?? under;
        const mixed = Math.round((1 - opacity) * under + opacity * paint);
        data[start + channel] = border ? Math.round(CONTOUR * mixed) : mixed;
      }
    }
  }
  return { width, height, data };
}

const WHITE: Color = [255, 255, 255];
const BLACK: Color = [0, 0, 0];
/** A letter is this part of the picture's shorter side high, in pixels of the font. */
const FONT_PART = 350;

/**
 * Adds a strip with colours and names below a picture.
 *
 * @param picture The picture.
 * @param classes What the strip shows, in order; nothing is added for none.
 * @returns A new picture, higher by the strip.
 */
export function addLegend(
  picture: RgbFrame,
  classes: readonly PaintedClass[],
): RgbFrame & { data: Uint8Array<ArrayBuffer> } {
  const { width, height } = picture;
  const size = Math.max(1, Math.round(Math.min(width, height) / FONT_PART));
  const line = 12 * size;
  const places = placeEntries(classes, { width, size, line });
  const rows = Math.max(0, ...places.map(({ y }) => y + line));
  const data = new Uint8Array(width * (height + rows) * 3).fill(255);
  data.set(picture.data);
  const whole = { width, height: height + rows, data };
  for (const { x, y, name, color } of places) {
    const swatch = { x: x + 2 * size, y: height + y + 2 * size, width: 8 * size, height: 8 * size };
    fillRectangle(whole, swatch, BLACK);
    const inner = { x: swatch.x + 1, y: swatch.y + 1, width: 8 * size - 2, height: 8 * size - 2 };
    fillRectangle(whole, inner, color);
    const start = { x: x + 12 * size, y: height + y + 3 * size };
    fillRectangle(whole, { ...start, ...textExtent(name, size) }, WHITE);
    drawText(whole, name, { ...start, size, color: BLACK });
  }
  return whole;
}

/** Entries one after the other, in as many lines as they need. */
function placeEntries(
  classes: readonly PaintedClass[],
  { width, size, line }: { readonly width: number; readonly size: number; readonly line: number },
): (PaintedClass & { readonly x: number; readonly y: number })[] {
  let [x, y] = [0, 0];
  return classes.map((entry) => {
    const wide = textExtent(entry.name, size).width + 16 * size;
    if (x > 0 && x + wide > width) [x, y] = [0, y + line];
    const place = { ...entry, x, y };
    x += wide;
    return place;
  });
}
