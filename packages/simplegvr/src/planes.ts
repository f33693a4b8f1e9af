/** Planes of numbers for the quality metrics: luma or one colour of a frame. */
import type { RgbPicture } from "@vicinity/vision";

/** One number a pixel. */
export interface Plane {
  /** Rows. */
  readonly rows: number;
  /** Columns. */
  readonly cols: number;
  /** Row-major. */
  readonly values: Float64Array;
}

/** Studio-range weights of red, green and blue, over 255. */
const LUMA = [65.481, 128.553, 24.966] as const;

/**
 * Luma in the studio range of ITU-R BT.601, 16 to 235, not rounded.
 *
 * @param frame The frame.
 * @returns One value a pixel.
 *
 * @example
 * ```ts
 * import { lumaPlane } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const black = lumaPlane({ width: 1, height: 1, data: new Uint8Array(3) });
 * assert.deepEqual([...black.values], [16]);
 * ```
 */
export function lumaPlane({ width, height, data }: RgbPicture): Plane {
  const values = new Float64Array(width * height);
  for (let pixel = 0; pixel < values.length; pixel++) {
    let sum = 0;
    for (let colour = 0; colour < 3; colour++) {
      sum += (LUMA[colour] ?? 0) * (data[3 * pixel + colour] ?? 0);
    }
    values[pixel] = 16 + sum / 255;
  }
  return { rows: height, cols: width, values };
}

/** Red, green and blue of a frame, 0 to 255. */
export function colourPlanes({ width, height, data }: RgbPicture): Plane[] {
  return [0, 1, 2].map((colour) => ({
    rows: height,
    cols: width,
    values: Float64Array.from(
      { length: width * height },
      (_, pixel) => data[3 * pixel + colour] ?? 0,
    ),
  }));
}

/** Combines two planes of one size. */
export function combine(a: Plane, b: Plane, rule: (a: number, b: number) => number): Plane {
  return { ...a, values: a.values.map((value, at) => rule(value, b.values[at] ?? 0)) };
}

/** Mean of all values. */
export function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean square distance of all values from their mean. */
export function varianceOf(values: Float64Array): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

/** What a filter sees outside the plane: zeros, or the plane mirrored with its border repeated. */
export type Outside = "zero" | "mirror";

/**
 * Filters every row.
 *
 * @param plane The plane.
 * @param taps Odd number of weights; the middle one belongs to the pixel itself.
 * @param outside What lies beyond the border.
 * @returns A plane of the same size.
 */
export function filterAcross(plane: Plane, taps: readonly number[], outside: Outside): Plane {
  const { rows, cols, values } = plane;
  const reach = (taps.length - 1) / 2;
  const result = new Float64Array(values.length);
  const line = new Float64Array(cols + 2 * reach);
  for (let row = 0; row < rows; row++) {
    const start = row * cols;
    line.set(values.subarray(start, start + cols), reach);
    if (outside === "mirror") {
      for (let out = 1; out <= reach; out++) {
        line[reach - out] = values[start + mirrored(-out, cols)] ?? 0;
        line[reach + cols - 1 + out] = values[start + mirrored(cols - 1 + out, cols)] ?? 0;
      }
    }
    taps.forEach((weight, tap) => {
      addScaled(result.subarray(start, start + cols), line.subarray(tap, tap + cols), weight);
    });
  }
  return { rows, cols, values: result };
}

/**
 * Filters every column; see {@link filterAcross}.
 *
 * @param plane The plane.
 * @param taps Odd number of weights.
 * @param outside What lies beyond the border.
 * @returns A plane of the same size.
 */
export function filterDown(plane: Plane, taps: readonly number[], outside: Outside): Plane {
  const { rows, cols, values } = plane;
  const reach = (taps.length - 1) / 2;
  const result = new Float64Array(values.length);
  const rowAt = (row: number) => values.subarray(row * cols, (row + 1) * cols);
  for (let row = 0; row < rows; row++) {
    taps.forEach((weight, tap) => {
      const wanted = row + tap - reach;
      const source = outside === "mirror" ? mirrored(wanted, rows) : wanted;
      if (source < 0 || source >= rows) return;
      addScaled(result.subarray(row * cols, (row + 1) * cols), rowAt(source), weight);
    });
  }
  return { rows, cols, values: result };
}

function addScaled(target: Float64Array, values: Float64Array, weight: number): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = (target[i] ?? 0) + weight * (values[i] ?? 0);
  }
}

/** Reflects a position at the outer edges of the border pixels, as often as it takes. */
function mirrored(position: number, length: number): number {
  const period = 2 * length;
  const inside = ((position % period) + period) % period;
  return inside < length ? inside : period - 1 - inside;
}
