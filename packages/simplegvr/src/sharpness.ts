/** How sharp a frame is, without a reference. */
import type { RgbPicture } from "@vicinity/vision";
import { combine, filterAcross, filterDown, lumaPlane, type Plane, varianceOf } from "./planes.ts";

const BLUR = new Array<number>(11).fill(1 / 11);
const SLOPE = [-0.5, 0, 0.5];
const CALM = [0.25, 0.5, 0.25];
/** Pixels at each border that do not count. */
const BORDER = 2;

/**
 * Blur by the method of Crete and Roffet: how much of the edges survives another blur, the worse of
 * both directions.
 *
 * @param frame The frame, at least 4 × 4.
 * @returns From 0, sharp, to 1, blurred; not a number for a frame without edges.
 *
 * @example
 * ```ts
 * import { blurEffect } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const stripes = { width: 12, height: 12, data: new Uint8Array(432) };
 * stripes.data.forEach((_, at) => stripes.data[at] = (Math.floor(at / 3) % 12 + Math.floor(at / 36)) % 5 * 60);
 * assert.ok(blurEffect(stripes) < 0.3);
 * ```
 */
export function blurEffect(frame: RgbPicture): number {
  const luma = lumaPlane(frame);
  const across = lostEdges(
    luma,
    filterAcross(luma, BLUR, "mirror"),
    (plane) => filterDown(filterAcross(plane, SLOPE, "mirror"), CALM, "mirror"),
  );
  const down = lostEdges(
    luma,
    filterDown(luma, BLUR, "mirror"),
    (plane) => filterAcross(filterDown(plane, SLOPE, "mirror"), CALM, "mirror"),
  );
  return Math.max(across, down);
}

/** Share of the edges that the blurred plane still has. */
function lostEdges(sharp: Plane, blurred: Plane, edges: (plane: Plane) => Plane): number {
  const [before, after] = [edges(sharp), edges(blurred)];
  const lost = combine(before, after, (a, b) => Math.max(0, Math.abs(a) - Math.abs(b)));
  const total = innerSum(combine(before, before, (a) => Math.abs(a)));
  return Math.abs(total - innerSum(lost)) / total;
}

function innerSum({ rows, cols, values }: Plane): number {
  let sum = 0;
  for (let row = BORDER; row < rows - 1; row++) {
    for (let col = BORDER; col < cols - 1; col++) sum += values[row * cols + col] ?? 0;
  }
  return sum;
}

/**
 * Variance of the four-neighbour Laplacian of luma: high for frames with fine detail or noise.
 *
 * @param frame The frame.
 * @returns 0 for a flat frame.
 *
 * @example
 * ```ts
 * import { laplacianVariance } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const flat = { width: 4, height: 4, data: new Uint8Array(48).fill(9) };
 * assert.equal(laplacianVariance(flat), 0);
 * ```
 */
export function laplacianVariance(frame: RgbPicture): number {
  const luma = lumaPlane(frame);
  const across = filterAcross(luma, [1, -2, 1], "mirror");
  const down = filterDown(luma, [1, -2, 1], "mirror");
  return varianceOf(combine(across, down, (a, b) => a + b).values);
}
