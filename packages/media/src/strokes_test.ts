import assert from "node:assert/strict";
import type { RgbFrame } from "./compare.ts";
import { fillConvex, type Point, strokeCircle, strokePath } from "./strokes.ts";

const WHITE = [255, 255, 255] as const;

function night(width: number, height: number): RgbFrame {
  return { width, height, data: new Uint8Array(width * height * 3) };
}

/** Light of a grey picture as a number of white pixels. */
function light({ data }: RgbFrame): number {
  return data.reduce((sum, value) => sum + value, 0) / 765;
}

function grey({ width, data }: RgbFrame, column: number, row: number): number {
  return data[(row * width + column) * 3] ?? NaN;
}

Deno.test("a line along pixels covers them whole, and half of each neighbour when it lies between", () => {
  const picture = night(8, 5);
  strokePath(picture, [[-3, 2.5], [11, 2.5]], { color: WHITE, width: 1 });
  assert.deepEqual([1, 2, 3].map((row) => grey(picture, 4, row)), [0, 255, 0]);
  const between = night(8, 5);
  strokePath(between, [[-3, 2], [11, 2]], { color: WHITE, width: 1 });
  assert.deepEqual([0, 1, 2, 3].map((row) => grey(between, 4, row)), [0, 128, 128, 0]);
});

Deno.test("the light of a line is its length by its width, whatever its direction", () => {
  for (const angle of [0, 0.3, 0.7, 1.2]) {
    const picture = night(100, 100);
    const [x, y] = [30 * Math.cos(angle), 30 * Math.sin(angle)];
    const points: Point[] = [[50 - x, 50 - y], [50 + x, 50 + y]];
    strokePath(picture, points, { color: WHITE, width: 3 });
    // Round ends add the area of a circle.
    assert.ok(Math.abs(light(picture) - (180 + Math.PI * 2.25)) < 3, `${light(picture)}`);
  }
});

Deno.test("a closed path is painted once where it meets itself", () => {
  const picture = night(20, 20);
  const corners: Point[] = [[4, 4], [16, 4], [16, 16], [4, 16]];
  strokePath(picture, corners, { color: WHITE, width: 2, opacity: 0.5, closed: true });
  assert.equal(Math.max(...picture.data), 128);
  assert.equal(grey(picture, 3, 10), 128);
  assert.equal(grey(picture, 10, 10), 0);
});

Deno.test("a circle is a ring of its length by its width, cut at the edge of the picture", () => {
  const picture = night(100, 100);
  strokeCircle(picture, [50, 50], 40, { color: WHITE, width: 2 });
  assert.ok(Math.abs(light(picture) - 2 * Math.PI * 40 * 2) < 5, `${light(picture)}`);
  const quarter = night(100, 100);
  strokeCircle(quarter, [0, 0], 40, { color: WHITE, width: 2 });
  assert.ok(Math.abs(light(quarter) - Math.PI * 20 * 2) < 3, `${light(quarter)}`);
});

Deno.test("a convex area has its own size, either way around", () => {
  const corners: Point[] = [[10, 12], [40.5, 20], [33, 44], [8, 30]];
  // Shoelace formula.
  const area = Math.abs(corners.reduce((sum, [x, y], at) => {
    const [nextX, nextY] = corners[(at + 1) % 4] ?? [0, 0];
    return sum + x * nextY - nextX * y;
  }, 0)) / 2;
  for (const order of [corners, corners.toReversed()]) {
    const picture = night(60, 60);
    fillConvex(picture, order, { color: WHITE });
    assert.ok(Math.abs(light(picture) - area) < 0.01 * area, `${light(picture)} of ${area}`);
  }
});

Deno.test("what lies outside of the picture or has no points is left out", () => {
  const picture = night(5, 5);
  strokePath(picture, [], { color: WHITE, width: 1 });
  strokePath(picture, [[50, 50], [60, 60]], { color: WHITE, width: 4 });
  strokeCircle(picture, [-30, -30], 5, { color: WHITE, width: 4 });
  fillConvex(picture, [[9, 9], [12, 9], [12, 12]], { color: WHITE });
  fillConvex(picture, [[2, 2], [2, 2], [2, 2]], { color: WHITE });
  assert.equal(light(picture), 0);
});
