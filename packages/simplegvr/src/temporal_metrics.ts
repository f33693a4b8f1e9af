/** How steady a video is over time. */
import { ShapeError } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { colourPlanes, combine, lumaPlane, meanOf, type Plane, varianceOf } from "./planes.ts";

/** A frame and the one before it. */
export interface FramePair {
  /** The earlier frame. */
  readonly before: RgbPicture;
  /** The later frame, of the same size. */
  readonly after: RgbPicture;
}

/**
 * How far the change between two frames is from the change in the reference.
 *
 * @param test Two frames to judge.
 * @param reference What they should be.
 * @returns Mean absolute difference of the changes over all colours, 0 to 510.
 * @throws {ShapeError} If the frames differ in size.
 *
 * @example
 * ```ts
 * import { temporalDifferenceError } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const grey = (value: number) => ({ width: 1, height: 1, data: new Uint8Array(3).fill(value) });
 * const flickering = { before: grey(10), after: grey(14) };
 * const steady = { before: grey(10), after: grey(10) };
 * assert.equal(temporalDifferenceError(flickering, steady), 4);
 * ```
 */
export function temporalDifferenceError(test: FramePair, reference: FramePair): number {
  checkSizes([test.before, test.after, reference.before, reference.after]);
  let sum = 0;
  const { length } = test.after.data;
  for (let at = 0; at < length; at++) {
    sum += Math.abs(changeAt(test, at) - changeAt(reference, at));
  }
  return sum / length;
}

function changeAt({ before, after }: FramePair, at: number): number {
  return (after.data[at] ?? 0) - (before.data[at] ?? 0);
}

/** Displacement of a whole frame in pixels. */
export interface Motion {
  /** Columns to the right. */
  readonly right: number;
  /** Rows down. */
  readonly down: number;
}

/**
 * How far a frame is from the one before it, moved along by the true motion.
 *
 * @param frames Two frames.
 * @param motion From a pixel of the later frame to its place in the earlier one.
 * @returns Mean square difference of all colours over the pixels whose place lies inside the earlier
 * frame, colours counted from 0 to 1; not a number if there are none.
 *
 * @example
 * ```ts
 * import { warpError } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const row = (...values: number[]) => ({
 *   width: values.length,
 *   height: 1,
 *   data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
 * });
 * const moved = { before: row(9, 60, 200), after: row(0, 9, 60) };
 * assert.equal(warpError(moved, { right: -1, down: 0 }), 0);
 * ```
 */
export function warpError({ before, after }: FramePair, motion: Motion): number {
  checkSizes([before, after]);
  const sources = colourPlanes(before);
  let [sum, count] = [0, 0];
  for (const [colour, target] of colourPlanes(after).entries()) {
    const source = sources[colour] ?? target;
    for (let row = 0; row < target.rows; row++) {
      for (let col = 0; col < target.cols; col++) {
        const [y, x] = [row + motion.down, col + motion.right];
        if (y < 0 || y > source.rows - 1 || x < 0 || x > source.cols - 1) continue;
        const value = target.values[row * target.cols + col] ?? 0;
        sum += ((value - bilinear(source, y, x)) / 255) ** 2;
        count++;
      }
    }
  }
  return sum / count;
}

function bilinear({ cols, rows, values }: Plane, y: number, x: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [bottom, right] = [Math.min(top + 1, rows - 1), Math.min(left + 1, cols - 1)];
  const at = (row: number, col: number) => values[row * cols + col] ?? 0;
  const upper = at(top, left) + (x - left) * (at(top, right) - at(top, left));
  const lower = at(bottom, left) + (x - left) * (at(bottom, right) - at(bottom, left));
  return upper + (y - top) * (lower - upper);
}

/**
 * How much the brightness of a video wavers against its reference.
 *
 * @param test Frames to judge.
 * @param reference What they should be, as many.
 * @returns Standard deviation over time of the mean luma of the difference.
 * @throws {ShapeError} If there are not as many frames, or they differ in size.
 *
 * @example
 * ```ts
 * import { flickerIndex } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const grey = (value: number) => ({ width: 1, height: 1, data: new Uint8Array(3).fill(value) });
 * assert.ok(flickerIndex([grey(8), grey(18)], [grey(5), grey(15)]) < 1e-9);
 * ```
 */
export function flickerIndex(
  test: readonly RgbPicture[],
  reference: readonly RgbPicture[],
): number {
  const offsets = test.map((frame, index) => {
    const other = reference[index];
    if (!other || reference.length !== test.length) {
      throw new ShapeError(
        `Cannot compare ${test.length} frames with ${reference.length}: give as many of both.`,
      );
    }
    checkSizes([frame, other]);
    return meanOf(combine(lumaPlane(frame), lumaPlane(other), (a, b) => a - b).values);
  });
  return Math.sqrt(varianceOf(Float64Array.from(offsets)));
}

function checkSizes(frames: readonly RgbPicture[]): void {
  const sizes = new Set(frames.map(({ width, height }) => `${width} × ${height}`));
  if (sizes.size > 1) {
    throw new ShapeError(
      `Cannot compare frames of ${[...sizes].join(" and ")} pixels: give frames of one size.`,
    );
  }
}
