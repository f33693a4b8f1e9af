import assert from "node:assert/strict";
import { ABSENT } from "@vicinity/attention";
import { open, ShapeError } from "@vicinity/tensor";
import { NOTHING } from "@vicinity/vision";
import { unitValues } from "@vicinity/tensor/testing";
import { localKeys, localPeaks } from "./local_places.ts";

/** Local maxima as loops find them. */
function peaks(
  values: Float32Array,
  [rows, columns, classes]: readonly [number, number, number],
  radius: number,
  free: readonly number[],
): Float32Array {
  const at = (row: number, column: number, id: number) =>
    values[(row * columns + column) * classes + id] ?? NaN;
  return values.map((value, index) => {
    const id = index % classes;
    const column = Math.floor(index / classes) % columns;
    const row = Math.floor(index / classes / columns);
    if (free.includes(id)) return value;
    for (let i = row - radius; i <= row + radius; i++) {
      for (let j = column - radius; j <= column + radius; j++) {
        if (i < 0 || i >= rows || j < 0 || j >= columns || at(i, j, id) > value) return NOTHING;
      }
    }
    return value;
  });
}

/** Extents, side of the square, free classes. */
const CASES = [
  [[1, 1, 1], 1, []],
  [[2, 9, 3], 3, [2]],
  [[17, 5, 10], 3, [8, 9]],
  [[12, 12, 32], 5, [0, 31]],
] as const;

Deno.test("local maxima stay, at the border and within it only those of free classes", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [shape, kernel, free] of CASES) {
    const count = shape[0] * shape[1] * shape[2];
    // Few different values, so that some neighbours are equal.
    const values = unitValues(count, kernel).map((value) => Math.floor(8 * value) - 4);
    const map = gpu.tensor([1, ...shape], values);
    const [y = []] = await gpu.read([localPeaks(map, { kernel, free })]);
    const expected = peaks(values, shape, (kernel - 1) / 2, free);
    assert.deepEqual([...y], [...expected], `[${shape}]`);
    if (count > 100) assert(new Set(expected).size > 2);
  }
});

Deno.test("numbers of the places around run on at the ends of rows", async () => {
  using gpu = await open({ defaultLimits: true });
  for (
    const [side, radius, places] of [[1, 0, [0]], [4, 1, [0, 7, 15]], [5, 9, [12, 3]]] as const
  ) {
    const [y = []] = await gpu.read([
      localKeys(gpu.tensor([places.length], Uint32Array.from(places)), side, radius),
    ]);
    const steps = Array.from({ length: 2 * radius + 1 }, (_, index) => index - radius);
    const expected = places.flatMap((place) =>
      steps.flatMap((i) =>
        steps.map((j) => {
          const key = place + i * side + j;
          return key >= 0 && key < side * side ? key : ABSENT;
        })
      )
    );
    assert.deepEqual([...y], expected, `${side}, ${radius}`);
  }
});

Deno.test("maps of too many classes and places that are no numbers are refused", async () => {
  using gpu = await open();
  const map = gpu.tensor([1, 1, 1, 33], new Float32Array(33));
  assert.throws(() => localPeaks(map, { kernel: 3, free: [] }), ShapeError);
  const one = gpu.tensor([1, 1, 1, 1], new Float32Array(1));
  assert.throws(() => localPeaks(one, { kernel: 2, free: [] }), ShapeError);
  assert.throws(() => localKeys(gpu.tensor([1], new Float32Array(1)), 1, 1), ShapeError);
});
