/**
 * How close a frame is to its reference. All metrics take rounded 8-bit frames of one size and count
 * the borders, unless they say otherwise.
 */
import { ShapeError } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import {
  colourPlanes,
  combine,
  filterAcross,
  filterDown,
  lumaPlane,
  meanOf,
  type Plane,
  varianceOf,
} from "./planes.ts";

const PEAK = 255;

/** Which values of a frame are compared: the colours, or luma alone. */
export type CompareOn = "rgb" | "luma";

/**
 * Peak signal-to-noise ratio.
 *
 * @param test The frame to judge.
 * @param reference What it should be.
 * @param on Colours or luma.
 * @returns Decibels over all values of the frame; infinite for equal frames.
 * @throws {ShapeError} If the frames differ in size.
 *
 * @example
 * ```ts
 * import { psnr } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const grey = (value: number) => ({ width: 1, height: 1, data: new Uint8Array(3).fill(value) });
 * assert.ok(Math.abs(psnr(grey(100), grey(110)) - 28.13) < 0.01);
 * ```
 */
export function psnr(test: RgbPicture, reference: RgbPicture, on: CompareOn = "rgb"): number {
  const errors = planePairs(test, reference, on)
    .map(([a, b]) => meanOf(combine(a, b, (x, y) => (x - y) ** 2).values));
  return 10 * Math.log10(PEAK ** 2 / average(errors));
}

/** Gaussian of 11 taps and deviation 1.5. */
const SSIM_TAPS = normalised(
  Array.from({ length: 11 }, (_, tap) => Math.exp(-0.5 * ((tap - 5) / 1.5) ** 2)),
);
const SSIM_BORDER = 5;
const SSIM_MEAN = (0.01 * PEAK) ** 2;
const SSIM_CONTRAST = (0.03 * PEAK) ** 2;

/**
 * Mean structural similarity; the five pixels at each border are left out.
 *
 * @param test The frame to judge, at least 11 × 11.
 * @param reference What it should be.
 * @param on Luma, or the mean over the colours.
 * @returns 1 for equal frames.
 * @throws {ShapeError} If the frames differ in size or are smaller than the window.
 *
 * @example
 * ```ts
 * import { ssim } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const frame = { width: 12, height: 12, data: Uint8Array.from({ length: 432 }, (_, i) => i % 251) };
 * assert.equal(ssim(frame, frame), 1);
 * ```
 */
export function ssim(test: RgbPicture, reference: RgbPicture, on: CompareOn = "luma"): number {
  if (Math.min(test.width, test.height) < SSIM_TAPS.length) {
    throw new ShapeError(
      `Cannot compare structure of ${test.width} × ${test.height} pixels: the window has ` +
        `${SSIM_TAPS.length} rows and columns. Use larger frames.`,
    );
  }
  return average(planePairs(test, reference, on).map(([a, b]) => planeSsim(a, b)));
}

function planeSsim(x: Plane, y: Plane): number {
  const [meanX, meanY] = [smooth(x), smooth(y)];
  const [xx, yy, xy] = [
    smooth(combine(x, x, (a, b) => a * b)),
    smooth(combine(y, y, (a, b) => a * b)),
    smooth(combine(x, y, (a, b) => a * b)),
  ];
  const { rows, cols } = x;
  let [sum, count] = [0, 0];
  for (let row = SSIM_BORDER; row < rows - SSIM_BORDER; row++) {
    for (let col = SSIM_BORDER; col < cols - SSIM_BORDER; col++) {
      const at = row * cols + col;
      const [mx = 0, my = 0] = [meanX.values[at], meanY.values[at]];
      const varianceX = (xx.values[at] ?? 0) - mx ** 2;
      const varianceY = (yy.values[at] ?? 0) - my ** 2;
      const covariance = (xy.values[at] ?? 0) - mx * my;
      sum += (2 * mx * my + SSIM_MEAN) * (2 * covariance + SSIM_CONTRAST) /
        ((mx ** 2 + my ** 2 + SSIM_MEAN) * (varianceX + varianceY + SSIM_CONTRAST));
      count++;
    }
  }
  return sum / count;
}

function smooth(plane: Plane): Plane {
  return filterDown(filterAcross(plane, SSIM_TAPS, "zero"), SSIM_TAPS, "zero");
}

const GMSD_CONSTANT = 170;

/**
 * Gradient magnitude similarity deviation of luma at half size.
 *
 * @param test The frame to judge.
 * @param reference What it should be.
 * @returns 0 for equal frames; lower is better.
 * @throws {ShapeError} If the frames differ in size.
 *
 * @example
 * ```ts
 * import { gmsd } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const frame = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => 5 * i) };
 * assert.equal(gmsd(frame, frame), 0);
 * ```
 */
export function gmsd(test: RgbPicture, reference: RgbPicture): number {
  checkSizes(test, reference);
  const similarity = combine(
    halfSizeGradient(lumaPlane(test)),
    halfSizeGradient(lumaPlane(reference)),
    (a, b) => (2 * a * b + GMSD_CONSTANT) / (a ** 2 + b ** 2 + GMSD_CONSTANT),
  );
  return Math.sqrt(varianceOf(similarity.values));
}

const FLAT = [1, 1, 1];
const SLOPE = [-1 / 3, 0, 1 / 3];

/** Prewitt gradient of the 2 × 2 means at even rows and columns. */
function halfSizeGradient(plane: Plane): Plane {
  const half = halved(plane);
  const across = filterDown(filterAcross(half, SLOPE, "zero"), FLAT, "zero");
  const down = filterDown(filterAcross(half, FLAT, "zero"), SLOPE, "zero");
  return combine(across, down, Math.hypot);
}

function halved({ rows, cols, values }: Plane): Plane {
  const size = { rows: Math.ceil(rows / 2), cols: Math.ceil(cols / 2) };
  const at = (row: number, col: number) =>
    row < rows && col < cols ? values[row * cols + col] ?? 0 : 0;
  return {
    ...size,
    values: Float64Array.from({ length: size.rows * size.cols }, (_, place) => {
      const [row, col] = [2 * Math.floor(place / size.cols), 2 * (place % size.cols)];
      return (at(row, col) + at(row, col + 1) + at(row + 1, col) + at(row + 1, col + 1)) / 4;
    }),
  };
}

/** Planes of both frames that belong together. */
function planePairs(test: RgbPicture, reference: RgbPicture, on: CompareOn): [Plane, Plane][] {
  const planesOf = (frame: RgbPicture) => on === "luma" ? [lumaPlane(frame)] : colourPlanes(frame);
  checkSizes(test, reference);
  const others = planesOf(reference);
  return planesOf(test).flatMap((plane, index): [Plane, Plane][] => {
    const other = others[index];
    return other ? [[plane, other]] : [];
  });
}

function checkSizes(test: RgbPicture, reference: RgbPicture): void {
  if (test.width !== reference.width || test.height !== reference.height) {
    throw new ShapeError(
      `Cannot compare ${test.width} × ${test.height} pixels with ${reference.width} × ` +
        `${reference.height}: give frames of one size.`,
    );
  }
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function normalised(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
