import assert from "node:assert/strict";
import { ShapeError } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { flickerIndex, temporalDifferenceError, warpError } from "./temporal_metrics.ts";
import { waves } from "./testing/tiny.ts";

const clip = waves(4, 12, 10);
const [first, second] = clip as [RgbPicture, RgbPicture];

/** Frames of a picture that moves by whole and half pixels: a ramp, which interpolation keeps. */
function ramp(shift: number): RgbPicture {
  return {
    width: 16,
    height: 8,
    data: Uint8Array.from({ length: 384 }, (_, at) => 100 + 4 * (Math.floor(at / 3) % 16 - shift)),
  };
}

function shifted(frames: readonly RgbPicture[], amounts: readonly number[]): RgbPicture[] {
  return frames.map((frame, index) => ({
    ...frame,
    data: frame.data.map((value) => value + (amounts[index] ?? 0)),
  }));
}

Deno.test("a constant offset of all frames is no temporal error", () => {
  const [a, b] = shifted(clip, [5, 5]) as [RgbPicture, RgbPicture];
  const reference = { before: first, after: second };
  assert.equal(temporalDifferenceError({ before: a, after: b }, reference), 0);
  assert.ok(flickerIndex(shifted(clip, [5, 5, 5, 5]), clip) < 1e-9);
});

Deno.test("wavering brightness is measured by its deviation in luma", () => {
  const wavering = flickerIndex(shifted(clip, [0, 4, 0, 4]), clip);
  assert.ok(Math.abs(wavering - 2 * 219 / 255) < 1e-9);
});

Deno.test("content that moves as told has no warping error, at half pixels too", () => {
  for (const right of [1, 1.5]) {
    const pair = { before: ramp(0), after: ramp(right) };
    assert.ok(warpError(pair, { right: -right, down: 0 }) < 1e-12);
    assert.ok(warpError(pair, { right, down: 0 }) > 1e-5);
  }
});

Deno.test("clips of unlike length or frames of unlike size are refused", () => {
  const [other] = waves(1, 10, 12) as [RgbPicture];
  assert.throws(() => flickerIndex(clip, clip.slice(1)), ShapeError);
  assert.throws(
    () => warpError({ before: first, after: other }, { right: 0, down: 0 }),
    ShapeError,
  );
});
