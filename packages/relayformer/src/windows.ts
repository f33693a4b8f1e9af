/** Looking at a picture of any size at its own resolution: windows of the canvas that overlap. */
import { OVERLAP } from "./config.ts";
import type { Extent } from "./partition.ts";

/** A window, with the share that each of its rows and columns has in the whole. */
export interface Window {
  /** First row of the picture. */
  readonly top: number;
  /** First column. */
  readonly left: number;
  /** Share of each row; over all windows those of one row of the picture add up to 1. */
  readonly rows: Float32Array;
  /** Share of each column. */
  readonly cols: Float32Array;
}

/** Least pixels that neighbouring windows share. */
const SHARED = 2 * OVERLAP;

/**
 * Covers a picture with windows.
 *
 * @param picture Its height and width.
 * @param size Pixels of a window along each side; windows of a smaller picture are as small as it.
 * @returns Windows that share at least 32 pixels with their neighbours, blended by a raised cosine.
 *
 * @example
 * ```ts
 * import { windowsOf } from "@vicinity/relayformer";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(windowsOf([200, 500], 256).map(({ left }) => left), [0, 122, 244]);
 * ```
 */
export function windowsOf([height, width]: Extent, size: number): readonly Window[] {
  const across = spansOf(width, size);
  return spansOf(height, size).flatMap((down) =>
    across.map((span): Window => ({
      top: down.start,
      left: span.start,
      rows: down.shares,
      cols: span.shares,
    }))
  );
}

/** A stretch of an axis and the share of each of its places. */
interface Span {
  readonly start: number;
  readonly shares: Float32Array;
}

function spansOf(extent: number, size: number): Span[] {
  const length = Math.min(extent, size);
  const count = extent <= size ? 1 : Math.ceil((extent - SHARED) / (size - SHARED));
  const starts = Array.from(
    { length: count },
    (_, index) => count === 1 ? 0 : Math.round(index * (extent - size) / (count - 1)),
  );
  const heights = starts.map((start, index) => {
    const before = index === 0 ? 0 : (starts[index - 1] ?? 0) + length - start;
    const after = index === count - 1 ? 0 : start + length - (starts[index + 1] ?? 0);
    return Float64Array.from(
      { length },
      (_, at) => slope(at, before) * slope(length - 1 - at, after),
    );
  });
  const sums = new Float64Array(extent);
  starts.forEach((start, index) =>
    heights[index]?.forEach((value, at) => sums[start + at] = (sums[start + at] ?? 0) + value)
  );
  return starts.map((start, index) => ({
    start,
    shares: Float32Array.from(heights[index] ?? [], (value, at) => value / (sums[start + at] ?? 1)),
  }));
}

/** From nearly 0 at the edge to 1 behind what is shared. */
function slope(distance: number, shared: number): number {
  if (distance >= shared) return 1;
  return 0.5 - 0.5 * Math.cos(Math.PI * (distance + 0.5) / shared);
}
