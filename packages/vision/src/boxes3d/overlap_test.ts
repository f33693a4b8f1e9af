import assert from "node:assert/strict";
import { assertClose, unitValues } from "@vicinity/tensor/testing";
import type { Box3d } from "./box3d.ts";
import { corners3d, footprint } from "./corners.ts";
import { bevIou, bevOverlap, iou3d } from "./overlap.ts";

/** Boxes within a few metres of a place. */
function boxes(count: number, seed: number, [x0, y0] = [0, 0]): Box3d[] {
  const values = unitValues(7 * count, seed);
  return Array.from({ length: count }, (_, index) => {
    const [x = 0, y = 0, z = 0, l = 0, w = 0, h = 0, a = 0] = values.subarray(7 * index);
    return {
      center: [x0 + 4 * x, y0 + 4 * y, 2 * z],
      size: [0.3 + 5 * l, 0.3 + 2 * w, 0.5 + h],
      heading: 8 * a - 4,
    };
  });
}

/** Share of a fine raster of box a that lies in box b, times its area. */
function rasterArea(a: Box3d, b: Box3d, steps: number): number {
  const [cosA, sinA] = [Math.cos(a.heading), Math.sin(a.heading)];
  const [cosB, sinB] = [Math.cos(b.heading), Math.sin(b.heading)];
  let inside = 0;
  for (let i = 0; i < steps; i++) {
    for (let j = 0; j < steps; j++) {
      const [u, v] = [((i + 0.5) / steps - 0.5) * a.size[0], ((j + 0.5) / steps - 0.5) * a.size[1]];
      const dx = a.center[0] + u * cosA - v * sinA - b.center[0];
      const dy = a.center[1] + u * sinA + v * cosA - b.center[1];
      const along = Math.abs(dx * cosB + dy * sinB);
      const across = Math.abs(dy * cosB - dx * sinB);
      if (along <= b.size[0] / 2 && across <= b.size[1] / 2) inside++;
    }
  }
  return inside / steps ** 2 * a.size[0] * a.size[1];
}

const CAR: Box3d = { center: [10, -5, 1], size: [4, 2, 1.5], heading: 0.7 };

Deno.test("boxes that lie in each other, touch, or are far apart", () => {
  assertClose([bevIou(CAR, CAR), iou3d(CAR, CAR)], [1, 1], 1e-12, "the same");
  const around = { ...CAR, size: [8, 4, 3] } as const;
  assertClose([bevIou(CAR, around), iou3d(CAR, around)], [1 / 4, 1 / 8], 1e-12, "inside");
  const ahead = (metres: number): Box3d => ({
    ...CAR,
    center: [10 + metres * Math.cos(0.7), -5 + metres * Math.sin(0.7), 1],
  });
  assertClose([bevIou(CAR, ahead(2))], [1 / 3], 1e-12, "half");
  assertClose([bevOverlap(CAR, ahead(4))], [0], 1e-12, "touching");
  assert.equal(bevOverlap(CAR, ahead(40)), 0);
  const above: Box3d = { ...CAR, center: [10, -5, 2.5] };
  assert.equal(iou3d(CAR, above), 0);
  const cross = { ...CAR, heading: 0.7 + Math.PI / 2 };
  assertClose([bevIou(CAR, cross)], [4 / 12], 1e-12, "across");
});

Deno.test("areas are those of a raster, wherever the boxes are", () => {
  const [near, far] = [boxes(12, 3), boxes(12, 3, [1000, -2000])];
  for (const [i, a] of near.entries()) {
    for (const [j, b] of near.entries()) {
      const area = bevOverlap(a, b);
      assert(Math.abs(area - rasterArea(a, b, 150)) < 0.05, `${i} and ${j}: ${area}`);
      assertClose([bevOverlap(b, a)], [area], 1e-9, "the other way round");
      const [moved, other] = [far[i], far[j]];
      assert(moved && other);
      assertClose([bevOverlap(moved, other)], [area], 1e-5, "moved");
    }
  }
});

Deno.test("the rules of the official kernels are exact but for their margin and their turn", () => {
  const all = boxes(25, 8);
  const quarter = (box: Box3d): Box3d => ({ ...box, heading: box.heading - Math.PI / 2 });
  let differing = 0;
  for (const a of all) {
    for (const b of all) {
      assert(Math.abs(bevIou(a, b, "margin") - bevIou(a, b)) < 0.05);
      const turned = bevIou(quarter(a), quarter(b));
      assert(Math.abs(bevIou(a, b, "quarter turn") - turned) < 1e-4);
      if (Math.abs(turned - bevIou(a, b)) > 0.01) differing++;
    }
  }
  assert(differing > 100, `${differing}`);
});

Deno.test("a corner half a centimetre beside a box counts as inside with a margin", () => {
  const left: Box3d = { center: [0, 0, 0], size: [2, 2, 1], heading: 0 };
  const beside: Box3d = { ...left, center: [2.005, 0, 0] };
  assert.equal(bevOverlap(left, beside), 0);
  assertClose([bevOverlap(left, beside, "margin")], [2 * 0.005], 1e-9, "the gap");
  assert.equal(bevOverlap(left, beside, "quarter turn"), 0);
});

Deno.test("corners go round counter-clockwise, below, then above", () => {
  const box: Box3d = { center: [1, 2, 3], size: [4, 2, 6], heading: Math.PI / 2 };
  const expected = [[2, 0], [2, 4], [0, 4], [0, 0]];
  assertClose(footprint(box).flat(), expected.flat(), 1e-12, "footprint");
  const solid = [0, 6].flatMap((z) => expected.map((corner) => [...corner, z]));
  assertClose(corners3d(box).flat(), solid.flat(), 1e-12, "corners");
});
