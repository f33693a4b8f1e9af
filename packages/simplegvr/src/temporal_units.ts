/** How frames are grouped for attention in time. */
export interface UnitRule {
  /** Frames in a unit; 0 keeps the whole clip together. */
  readonly unit: number;
  /** Frames by which odd layers shift the grouping, less than `unit`. */
  readonly shift: number;
}

/** A run of frames that attend to each other. */
export interface FrameSpan {
  /** First frame. */
  readonly start: number;
  /** One past the last frame. */
  readonly end: number;
}

/**
 * Tells which unit a frame belongs to.
 *
 * @param frame Absolute number of the latent frame.
 * @param layer Number of the block; odd blocks use the shifted grouping.
 * @param rule Length and shift of the units.
 * @returns The unit's number, rising with the frame.
 *
 * @example
 * ```ts
 * import { unitOf } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const rule = { unit: 5, shift: 2 };
 * assert.deepEqual([1, 2, 6, 7].map((frame) => unitOf(frame, 1, rule)), [0, 1, 1, 2]);
 * ```
 */
export function unitOf(frame: number, layer: number, rule: UnitRule): number {
  const { unit, shift } = rule;
  if (unit === 0) return 0;
  if (layer % 2 === 0 || shift === 0) return Math.floor(frame / unit);
  return frame < shift ? 0 : Math.floor((frame - shift) / unit) + 1;
}

/**
 * Cuts a clip into the units of one layer.
 *
 * @param frames Frames of the clip.
 * @param layer Number of the block.
 * @param rule Length and shift of the units.
 * @returns The units in order; they cover all frames, the last may be short.
 *
 * @example
 * ```ts
 * import { unitSpans } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const lengths = unitSpans(20, 1, { unit: 5, shift: 2 }).map(({ start, end }) => end - start);
 * assert.deepEqual(lengths, [2, 5, 5, 5, 3]);
 * ```
 */
export function unitSpans(frames: number, layer: number, rule: UnitRule): readonly FrameSpan[] {
  const spans: FrameSpan[] = [];
  let start = 0;
  for (let frame = 1; frame <= frames; frame++) {
    if (frame === frames || unitOf(frame, layer, rule) !== unitOf(start, layer, rule)) {
      spans.push({ start, end: frame });
      start = frame;
    }
  }
  return spans;
}
