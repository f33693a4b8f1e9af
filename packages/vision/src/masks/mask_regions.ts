/** Connected parts of a mask. */

/** A connected part of a mask. */
export interface MaskRegion {
  /** Left, top, width and height of the box around it, in pixels. */
  readonly box: readonly [left: number, top: number, width: number, height: number];
  /** Pixels. */
  readonly pixels: number;
  /** Mean of the values of its pixels. */
  readonly mean: number;
  /** Their largest value. */
  readonly peak: number;
}

/** A part while its pixels are collected. */
interface Growing {
  parent: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
  pixels: number;
  sum: number;
  peak: number;
}

/** Pixels of a line that lie beside each other, and the part that they belong to. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly part: number;
}

/**
 * The parts of a plane whose values are above a threshold; pixels that touch at a corner are connected.
 *
 * @param values `[height, width]`.
 * @param width Columns.
 * @param threshold What is above it is inside.
 * @returns The parts, the largest first.
 *
 * @example
 * ```ts
 * import { maskRegions } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const [first, ...others] = maskRegions([1, 0, 0, 0, 1, 0, 0, 0, 0.5], 3, 0.6);
 * assert.deepEqual(first?.box, [0, 0, 2, 2]);
 * assert.equal(others.length, 0);
 * ```
 */
export function maskRegions(
  values: ArrayLike<number>,
  width: number,
  threshold: number,
): readonly MaskRegion[] {
  const parts: Growing[] = [];
  let above: readonly Span[] = [];
  for (let start = 0, row = 0; start < values.length; start += width, row++) {
    const before = above;
    let first = 0;
    above = spansOf(values, start, width, threshold).map(([from, to]) => {
      // Spans come from left to right: those that end before this one touch no later one either.
      while ((before[first]?.end ?? Infinity) < from - 1) first++;
      const part = partAbove(parts, before, first, to) ?? addPart(parts);
      growBy(parts[part], values, { start, row, from, to });
      return { start: from, end: to, part };
    });
  }
  for (const [index, part] of parts.entries()) {
    const root = rootOf(parts, index);
    if (root !== index) mergeInto(parts[root], part);
  }
  return parts
    .filter(({ parent }, index) => parent === index)
    .map(({ left, top, right, bottom, pixels, sum, peak }): MaskRegion => ({
      box: [left, top, right - left + 1, bottom - top + 1],
      pixels,
      mean: sum / pixels,
      peak,
    }))
    .sort((a, b) => b.pixels - a.pixels);
}

/** First and last column of each run of pixels inside. */
function spansOf(
  values: ArrayLike<number>,
  start: number,
  width: number,
  threshold: number,
): [number, number][] {
  const spans: [number, number][] = [];
  let from = -1;
  for (let column = 0; column <= width; column++) {
    const inside = column < width && (values[start + column] ?? 0) > threshold;
    if (inside && from < 0) from = column;
    if (!inside && from >= 0) {
      spans.push([from, column - 1]);
      from = -1;
    }
  }
  return spans;
}

/** The part of the spans of the line above that touch; where there are several, they become one. */
function partAbove(
  parts: Growing[],
  above: readonly Span[],
  first: number,
  to: number,
): number | undefined {
  let found: number | undefined;
  for (let at = first; at < above.length; at++) {
    const { start = Infinity, part = 0 } = above[at] ?? {};
    if (start > to + 1) break;
    const root = rootOf(parts, part);
    const other = parts[root];
    if (found === undefined) found = root;
    else if (other && root !== found) other.parent = found;
  }
  return found;
}

function rootOf(parts: readonly Growing[], index: number): number {
  let root = index;
  for (let part = parts[root]; part && part.parent !== root; part = parts[root]) {
    root = part.parent;
  }
  for (let part = parts[index]; part && part.parent !== root;) {
    const next = part.parent;
    part.parent = root;
    part = parts[next];
  }
  return root;
}

function addPart(parts: Growing[]): number {
  const edge = { left: Infinity, top: Infinity, right: -1, bottom: -1 };
  return parts.push({ ...edge, parent: parts.length, pixels: 0, sum: 0, peak: -Infinity }) - 1;
}

function growBy(
  part: Growing | undefined,
  values: ArrayLike<number>,
  { start, row, from, to }: { start: number; row: number; from: number; to: number },
): void {
  if (part === undefined) return;
  part.left = Math.min(part.left, from);
  part.right = Math.max(part.right, to);
  part.top = Math.min(part.top, row);
  part.bottom = row;
  part.pixels += to - from + 1;
  for (let column = from; column <= to; column++) {
    const value = values[start + column] ?? 0;
    part.sum += value;
    part.peak = Math.max(part.peak, value);
  }
}

function mergeInto(whole: Growing | undefined, part: Growing): void {
  if (whole === undefined) return;
  whole.left = Math.min(whole.left, part.left);
  whole.top = Math.min(whole.top, part.top);
  whole.right = Math.max(whole.right, part.right);
  whole.bottom = Math.max(whole.bottom, part.bottom);
  whole.pixels += part.pixels;
  whole.sum += part.sum;
  whole.peak = Math.max(whole.peak, part.peak);
}
