import assert from "node:assert/strict";
import { open, ShapeError } from "@vicinity/tensor";
import { unitValues } from "@vicinity/tensor/testing";
import { patchesReference } from "../reference/patches.ts";
import type { ReferenceMap } from "../reference/roi_align.ts";
import { clearOutside, patches } from "./patches.ts";

/** Extents of the map, radius. */
const CASES = [
  [[1, 1, 1], 0],
  [[1, 1, 4], 2],
  [[5, 3, 3], 1],
  [[17, 9, 8], 2],
  [[4, 33, 5], 3],
] as const;

Deno.test("squares around places of a map have zeros outside of it", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [shape, radius] of CASES) {
    const [height, width, channels] = shape;
    const map: ReferenceMap = { shape, values: unitValues(height * width * channels, radius + 3) };
    const places = Array.from(unitValues(13, 4), (value) => Math.floor(value * height * width));
    places.push(0, height * width - 1);
    const x = gpu.tensor([1, ...shape], Float32Array.from(map.values));
    const at = gpu.tensor([places.length], Uint32Array.from(places));
    const side = 2 * radius + 1;
    const ones = gpu.tensor(
      [places.length, side, side, channels],
      new Float32Array(places.length * side * side * channels).fill(1),
    );
    const [cut = [], cleared = []] = await gpu.read([
      patches(x, at, radius),
      clearOutside(ones, at, { height, width }),
    ]);
    const filled: ReferenceMap = { shape, values: new Float32Array(map.values.length).fill(1) };
    assert.deepEqual([...cut], patchesReference(map, places, radius), `[${shape}]`);
    assert.deepEqual([...cleared], patchesReference(filled, places, radius), `[${shape}]`);
  }
});

Deno.test("squares need one map and whole places", async () => {
  using gpu = await open();
  const map = gpu.tensor([2, 2, 2, 1], new Float32Array(8));
  const one = gpu.tensor([1, 2, 2, 1], new Float32Array(4));
  const places = gpu.tensor([1], new Uint32Array(1));
  assert.throws(() => patches(map, places, 1), ShapeError);
  assert.throws(() => patches(one, gpu.tensor([1], new Float32Array(1)), 1), ShapeError);
  const even = gpu.tensor([1, 2, 2, 1], new Float32Array(4));
  assert.throws(() => clearOutside(even, places, { height: 2, width: 2 }), ShapeError);
});
