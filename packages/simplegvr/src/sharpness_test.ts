import assert from "node:assert/strict";
import type { RgbPicture } from "@vicinity/vision";
import { blurEffect, laplacianVariance } from "./sharpness.ts";

/** Black and white tiles, averaged over a square of pixels around each. */
function tiles(radius: number): RgbPicture {
  const [width, height] = [40, 32];
  const white = (x: number, y: number) => (Math.floor(x / 8) + Math.floor(y / 8)) % 2 * 255;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
    let sum = 0;
    for (let down = -radius; down <= radius; down++) {
      for (let right = -radius; right <= radius; right++) {
        sum += white(x + right + 80, y + down + 80);
      }
    }
    return sum / (2 * radius + 1) ** 2;
  });
  return { width, height, data };
}

Deno.test("the blur effect rises with the blur and stays between 0 and 1", () => {
  const [sharp, soft, softest] = [0, 1, 3].map((radius) => blurEffect(tiles(radius))) as number[];
  assert.ok(0 <= (sharp ?? -1) && (softest ?? 2) <= 1);
  assert.ok((sharp ?? 1) < (soft ?? 0) && (soft ?? 1) < (softest ?? 0));
});

Deno.test("the variance of the Laplacian falls with the blur", () => {
  assert.ok(laplacianVariance(tiles(0)) > laplacianVariance(tiles(1)));
  assert.ok(laplacianVariance(tiles(1)) > laplacianVariance(tiles(3)));
});
