import { type Color, type RgbFrame, strokeText, type StrokeTextStyle } from "@vicinity/media";

const SHADOW: Color = [8, 10, 14];

/**
 * Writes a text over a dark shadow of itself, so that points behind it do not disturb.
 *
 * @param picture Painted in place.
 * @param text The text.
 * @param style Where and how.
 */
export function shadowedText(picture: RgbFrame, text: string, style: StrokeTextStyle): void {
  const [x, y] = style.at;
  for (const [dx, dy] of [[-1, 0], [1, 0], [0, -1], [0, 1]] as const) {
    strokeText(picture, text, { ...style, at: [x + dx, y + dy], color: SHADOW, opacity: 0.7 });
  }
  strokeText(picture, text, style);
}
