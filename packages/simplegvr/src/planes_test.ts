import assert from "node:assert/strict";
import {
  colourPlanes,
  filterAcross,
  filterDown,
  lumaPlane,
  type Plane,
  varianceOf,
} from "./planes.ts";

const plane: Plane = { rows: 2, cols: 3, values: Float64Array.of(1, 2, 4, 8, 16, 32) };

Deno.test("luma runs from 16 at black to 235 at white", () => {
  const ends = lumaPlane({ width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) });
  assert.equal(ends.values[0], 16);
  assert.ok(Math.abs((ends.values[1] ?? 0) - 235) < 1e-9);
});

Deno.test("colours are taken apart", () => {
  const planes = colourPlanes({ width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  assert.deepEqual(planes.map(({ values }) => [...values]), [[1, 4], [2, 5], [3, 6]]);
});

Deno.test("a filter sees zeros or the mirrored plane outside", () => {
  const taps = [1, 0, 10];
  assert.deepEqual([...filterAcross(plane, taps, "zero").values], [20, 41, 2, 160, 328, 16]);
  assert.deepEqual([...filterAcross(plane, taps, "mirror").values], [21, 41, 42, 168, 328, 336]);
  assert.deepEqual([...filterDown(plane, taps, "zero").values], [80, 160, 320, 1, 2, 4]);
  assert.deepEqual([...filterDown(plane, taps, "mirror").values], [81, 162, 324, 81, 162, 324]);
});

Deno.test("a filter wider than the plane mirrors as often as it takes", () => {
  const one: Plane = { rows: 1, cols: 1, values: Float64Array.of(3) };
  const taps = new Array<number>(11).fill(1);
  assert.equal(filterDown(filterAcross(one, taps, "mirror"), taps, "mirror").values[0], 363);
});

Deno.test("variance is that of the population", () => {
  assert.equal(varianceOf(Float64Array.of(1, 3)), 1);
});
