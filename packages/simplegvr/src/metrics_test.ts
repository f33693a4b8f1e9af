import assert from "node:assert/strict";
import { ShapeError } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { gmsd, psnr, ssim } from "./metrics.ts";
import { waves } from "./testing/tiny.ts";

const [clean] = waves(1, 24, 20) as [RgbPicture];

function changed(frame: RgbPicture, change: (value: number, at: number) => number): RgbPicture {
  return { ...frame, data: frame.data.map(change) };
}

const noisy = changed(clean, (value, at) => value + (at * 7919 % 13) - 6);
const noisier = changed(clean, (value, at) => value + 2 * (at * 7919 % 13) - 12);

Deno.test("equal frames are perfect by every metric", () => {
  assert.equal(psnr(clean, clean), Infinity);
  assert.equal(ssim(clean, clean), 1);
  assert.equal(ssim(clean, clean, "rgb"), 1);
  assert.equal(gmsd(clean, clean), 0);
});

Deno.test("every metric gets worse with more noise", () => {
  assert.ok(psnr(noisy, clean) > psnr(noisier, clean));
  assert.ok(ssim(noisy, clean) > ssim(noisier, clean));
  assert.ok(gmsd(noisy, clean) < gmsd(noisier, clean));
});

Deno.test("an offset of one level is 48.13 dB in the colours and less far in luma", () => {
  const lighter = changed(clean, (value) => value + 1);
  assert.ok(Math.abs(psnr(lighter, clean) - 20 * Math.log10(255)) < 1e-9);
  const studio = 20 * Math.log10(255 / (219 / 255));
  assert.ok(Math.abs(psnr(lighter, clean, "luma") - studio) < 1e-9);
});

Deno.test("structure counts valid windows only, so that a changed corner is not seen", () => {
  const corner = changed(clean, (value, at) => at < 3 ? 255 - value : value);
  const centre = (10 * 24 + 12) * 3;
  const middle = changed(
    clean,
    (value, at) => at >= centre && at < centre + 3 ? 255 - value : value,
  );
  assert.ok(ssim(corner, clean) > ssim(middle, clean));
});

Deno.test("frames of unlike size, or smaller than the window, are refused", () => {
  const [other] = waves(1, 20, 24) as [RgbPicture];
  const [small] = waves(1, 10, 10) as [RgbPicture];
  for (const metric of [psnr, ssim, gmsd]) {
    assert.throws(() => metric(clean, other), ShapeError);
  }
  assert.throws(() => ssim(small, small), ShapeError);
});
