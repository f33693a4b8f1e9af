// @ts-types="npm:@types/d3-color@3.1.3"
import { rgb } from "d3-color";
import type { Color } from "@vicinity/media";

/** What is put behind transparency when the user says nothing. */
export const WHITE: Color = [255, 255, 255];

/**
 * Reads a colour as style sheets write it.
 *
 * @param text Such as `black`, `#fa0` or `rgb(40, 40, 40)`.
 * @returns Its samples from 0 to 255.
 */
export function readColor(text: string): Color {
  const { r, g, b, opacity } = rgb(text);
  if (![r, g, b].every((sample) => sample >= 0 && sample <= 255) || opacity !== 1) {
    throw new Error("must be a colour (white, #ffffff)");
  }
  return [Math.round(r), Math.round(g), Math.round(b)];
}
