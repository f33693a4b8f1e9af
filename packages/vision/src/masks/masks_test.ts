import assert from "node:assert/strict";
import { maskPolygons, type Ring } from "./polygons.ts";
import { decodeRle, encodeRle } from "./rle.ts";

/** The area inside a ring, by the shoelace formula. */
function area(ring: Ring): number {
  return Math.abs(ring.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = ring[(index + 1) % ring.length] ?? [x, y];
    return sum + (x * nextY - nextX * y) / 2;
  }, 0));
}

/** A mask of random rectangles. */
function randomMask(height: number, width: number, seed: number): Uint8Array {
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
  const mask = new Uint8Array(height * width);
  for (let shape = 0; shape < 4; shape++) {
    const [top, left] = [random(height), random(width)];
    const [bottom, right] = [top + random(height - top) + 1, left + random(width - left) + 1];
    for (let row = top; row < bottom; row++) {
      mask.fill(shape % 2 === 0 ? 1 : 0, row * width + left, row * width + right);
    }
  }
  return mask;
}

Deno.test("masks come back from their run-length codes", () => {
  const sizes = [[1, 1], [1, 9], [7, 1], [13, 17], [480, 641]] as const;
  for (const [height, width] of sizes) {
    for (let seed = 0; seed < 20; seed++) {
      const mask = randomMask(height, width, seed);
      assert.deepEqual(decodeRle(encodeRle(mask, height, width)), mask);
    }
    for (const fill of [0, 1]) {
      const mask = new Uint8Array(height * width).fill(fill);
      assert.deepEqual(decodeRle(encodeRle(mask, height, width)), mask);
    }
  }
  assert.throws(() => decodeRle({ size: [3, 4], counts: "461" }), RangeError);
  assert.throws(() => decodeRle({ size: [3, 3], counts: "461K" }), RangeError);
});

Deno.test("outlines enclose the pixels of a mask and leave its holes out", () => {
  const mask = new Uint8Array(20 * 30);
  for (let row = 4; row < 16; row++) mask.fill(1, row * 30 + 5, row * 30 + 25);
  for (let row = 8; row < 12; row++) mask.fill(0, row * 30 + 10, row * 30 + 20);
  const [polygon, ...others] = maskPolygons(mask, 20, 30);
  assert.deepEqual([others.length, polygon?.length], [0, 2]);
  const [outer, hole] = (polygon ?? []).map(area);
  // The outline cuts the corners of the pixels, an eighth of a pixel each.
  assert.equal(outer, 12 * 20 - 4 / 8);
  assert.equal(hole, 4 * 10 - 4 / 8);
  assert.deepEqual(maskPolygons(new Uint8Array(6), 2, 3), []);
  const whole = maskPolygons(new Uint8Array(6).fill(1), 2, 3);
  assert.equal(whole.length, 1);
});
