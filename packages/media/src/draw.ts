import type { RgbFrame } from "./compare.ts";
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphInk } from "./font.ts";

/** A colour, red, green, blue from 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

/** Pixels from the upper left corner of a picture. */
export interface Rectangle {
  /** First column. */
  readonly x: number;
  /** First row. */
  readonly y: number;
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/**
 * Fills a rectangle; what lies outside the picture is left out.
 *
 * @param picture Painted in place.
 * @param rectangle Where.
 * @param color With what.
 */
export function fillRectangle(picture: RgbFrame, rectangle: Rectangle, color: Color): void {
  const { x, y, width, height } = rectangle;
  const [left, right] = [Math.max(0, x), Math.min(picture.width, x + width)];
  for (let row = Math.max(0, y); row < Math.min(picture.height, y + height); row++) {
    for (let column = left; column < right; column++) {
      picture.data.set(color, (row * picture.width + column) * 3);
    }
  }
}

/**
 * Draws the border of a rectangle, inside of it.
 *
 * @param picture Painted in place.
 * @param rectangle Where.
 * @param color With what.
 * @param thickness Pixels.
 */
export function strokeRectangle(
  picture: RgbFrame,
  rectangle: Rectangle,
  color: Color,
  thickness: number,
): void {
  const { x, y, width, height } = rectangle;
  const across = Math.min(thickness, height);
  const down = Math.min(thickness, width);
  fillRectangle(picture, { x, y, width, height: across }, color);
  fillRectangle(picture, { x, y: y + height - across, width, height: across }, color);
  fillRectangle(picture, { x, y, width: down, height }, color);
  fillRectangle(picture, { x: x + width - down, y, width: down, height }, color);
}

/** Where and how {@link drawText} writes. */
export interface TextStyle {
  /** Column of the first letter. */
  readonly x: number;
  /** Top row of the letters. */
  readonly y: number;
  /** Pixels of the picture for a pixel of the font. */
  readonly size: number;
  /** Colour of the letters. */
  readonly color: Color;
}

/**
 * Pixels that a text takes, in the 5 x 7 font.
 *
 * @param text The text.
 * @param size Pixels of the picture for a pixel of the font.
 * @returns Width and height, without space after the last letter.
 */
export function textExtent(text: string, size: number): { width: number; height: number } {
  const letters = [...text].length;
  return {
    width: Math.max(0, letters * (GLYPH_WIDTH + 1) - 1) * size,
    height: GLYPH_HEIGHT * size,
  };
}

/**
 * Writes a line of text.
 *
 * @param picture Painted in place; letters outside of it are cut off.
 * @param text The text.
 * @param style Where and how.
 */
export function drawText(picture: RgbFrame, text: string, style: TextStyle): void {
  const { x, y, size, color } = style;
  for (const [index, letter] of [...text].entries()) {
    const left = x + index * (GLYPH_WIDTH + 1) * size;
    for (let row = 0; row < GLYPH_HEIGHT; row++) {
      for (let column = 0; column < GLYPH_WIDTH; column++) {
        if (!glyphInk(letter, column, row)) continue;
        const dot = { x: left + column * size, y: y + row * size, width: size, height: size };
        fillRectangle(picture, dot, color);
      }
    }
  }
}
