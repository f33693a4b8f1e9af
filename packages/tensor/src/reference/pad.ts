/** Borders around one picture, position by position. */
import type { PadMode } from "../kernels/pad.ts";

/** Lines or columns before and after. */
export type Sides = readonly [before: number, after: number];

/**
 * Pads one picture.
 *
 * @param values Row-major `[height, width, channels]`.
 * @param shape Its extents.
 * @param border Lines and columns on each side.
 * @param mode What the border is filled with.
 * @returns Row-major values of the larger picture.
 */
export function padReference(
  values: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
  [rows, columns]: readonly [Sides, Sides],
  mode: PadMode,
): number[] {
  const result: number[] = [];
  for (let line = -rows[0]; line < height + rows[1]; line++) {
    for (let column = -columns[0]; column < width + columns[1]; column++) {
      const row = sourceOf(line, height, mode);
      const at = sourceOf(column, width, mode);
      for (let c = 0; c < channels; c++) {
        const outside = row === undefined || at === undefined;
        result.push(outside ? 0 : values[(row * width + at) * channels + c] ?? NaN);
      }
    }
  }
  return result;
}

/** The position that a value comes from; none for zeros. */
function sourceOf(position: number, size: number, mode: PadMode): number | undefined {
  if (position >= 0 && position < size) return position;
  if (mode === "zero") return undefined;
  const edge = position < 0 ? 0 : size - 1;
  return mode === "replicate" ? edge : 2 * edge - position;
}
