import type { RgbFrame } from "./compare.ts";
import type { Color } from "./draw.ts";

/**
 * Lays a colour over a pixel; outside of the picture nothing happens.
 *
 * @param picture Painted in place.
 * @param at Column and row.
 * @param color The colour.
 * @param share How much of it, 0 to 1; more counts as 1.
 */
export function blendPixel(
  picture: RgbFrame,
  [column, row]: readonly [column: number, row: number],
  color: Color,
  share: number,
): void {
  if (column < 0 || row < 0 || column >= picture.width || row >= picture.height || share <= 0) {
    return;
  }
  const start = (row * picture.width + column) * 3;
  const part = Math.min(1, share);
  for (let channel = 0; channel < 3; channel++) {
    const under = picture.data[start + channel] ?? 0;
    picture.data[start + channel] = Math.round(under + part * ((color[channel] ?? 0) - under));
  }
}
