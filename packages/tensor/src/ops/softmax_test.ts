import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { softmaxReference } from "../reference/softmax.ts";
import { sizeOf } from "../tensor.ts";
import { assertClose, testValues } from "../testing/close.ts";
import { rowVariants } from "../wgsl/row_walk.ts";
import { softmax } from "./softmax.ts";

Deno.test("softmax agrees with float64 for all variants and its rows add up to 1", async () => {
  using gpu = await open({ defaultLimits: true });
  const variants = rowVariants(gpu.caps);
  for (const [rows, columns] of [[1, 1], [3, 5], [65, 49], [2000, 36], [33, 1024], [2, 5001]]) {
    if (rows === undefined || columns === undefined) continue;
    using _scope = gpu.scope();
    const x = testValues(rows * columns, 1).map((value) => value * 4);
    const expected = softmaxReference({ x, columns });
    for (const variant of variants) {
      const [y = new Float32Array()] = await gpu.read([
        softmax(gpu.tensor([rows, columns], x), { variant }),
      ]);
      assertClose(y, expected, { atol: 1e-6, rtol: 0 }, `${variant} ${rows}x${columns}`);
      for (let row = 0; row < rows; row++) {
        const sum = [...y.subarray(row * columns, (row + 1) * columns)]
          .reduce((total, value) => total + value, 0);
        assert(Math.abs(sum - 1) < 2e-6, `${variant}: row ${row} adds up to ${sum}`);
      }
    }
  }
});

Deno.test("masked entries get nothing, and a row of masked entries is zero", async () => {
  using gpu = await open();
  const masked = -3e38;
  const x = gpu.tensor([2, 4], new Float32Array([0, masked, 0, masked, ...Array(4).fill(masked)]));
  const [y] = await gpu.read([softmax(x)]);
  assert.deepEqual([...y ?? []], [0.5, 0, 0.5, 0, 0, 0, 0, 0]);
});

/** Masks beside what they are added to, and the entry of the mask for places along the leading axes. */
const MASKS: readonly {
  readonly x: readonly number[];
  readonly mask: readonly number[];
  readonly row: (places: readonly number[]) => number;
}[] = [
  { x: [7], mask: [7], row: () => 0 },
  { x: [3, 5], mask: [5], row: () => 0 },
  { x: [3, 5], mask: [3, 5], row: ([a = 0]) => a },
  { x: [2, 3, 5, 12], mask: [5, 12], row: ([, , c = 0]) => c },
  { x: [2, 3, 5, 12], mask: [2, 1, 1, 12], row: ([a = 0]) => a },
  { x: [2, 3, 5, 9], mask: [2, 1, 5, 9], row: ([a = 0, , c = 0]) => a * 5 + c },
  { x: [2, 3, 5, 9], mask: [3, 1, 9], row: ([, b = 0]) => b },
  { x: [2, 3, 1, 5, 3, 8], mask: [3, 1, 5, 1, 8], row: ([, b = 0, , d = 0]) => b * 5 + d },
];

Deno.test("a mask is added to the rows that it is meant for, in all variants", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const { x: shape, mask: maskShape, row } of MASKS) {
    using _scope = gpu.scope();
    const x = testValues(sizeOf(shape), 1).map((value) => value * 4);
    // Every third row of the mask lets nothing through, others mask about a third of their entries.
    const columns = shape.at(-1) ?? 1;
    const mask = testValues(sizeOf(maskShape), 2).map((value, at) =>
      Math.floor(at / columns) % 3 === 1 || value > 0.4 ? -3e38 : value
    );
    const placesOf = (index: number) => {
      const places: number[] = [];
      for (const extent of shape.slice(0, -1).toReversed()) {
        places.unshift(index % extent);
        index = Math.floor(index / extent);
      }
      return places;
    };
    const expected = softmaxReference({
      x,
      columns,
      mask: (at) => mask[row(placesOf(Math.floor(at / columns))) * columns + at % columns] ?? NaN,
    });
    for (const variant of rowVariants(gpu.caps)) {
      const y = softmax(gpu.tensor(shape, x), { mask: gpu.tensor(maskShape, mask), variant });
      assert.deepEqual(y.shape, shape);
      const [values] = await gpu.read([y]);
      const name = `${variant} [${shape}] + [${maskShape}]`;
      assertClose(values ?? [], expected, { atol: 1e-6, rtol: 0 }, name);
    }
  }
});

Deno.test("entries that both sides mask, or infinitely, are masked", async () => {
  using gpu = await open();
  const lowest = -3.4e38;
  const x = gpu.tensor([3, 3], new Float32Array([lowest, 1, 1, lowest, 0, 0, 3, 5, 7]));
  const mask = new Float32Array([lowest, 0, 0, 0, lowest, -Infinity, -Infinity, -Infinity, 0]);
  const [y] = await gpu.read([softmax(x, { mask: gpu.tensor([3, 3], mask) })]);
  assert.deepEqual([...y ?? []], [0, 0.5, 0.5, 0, 0, 0, 0, 0, 1]);
});

Deno.test("softmax names a mask that does not fit", async () => {
  using gpu = await open();
  const x = gpu.empty([2, 3, 5, 2, 3, 4]);
  const masks = [[], [3], [1], [3, 3, 4], [2, 1, 1, 1, 1, 1, 4], [2, 1, 5, 1, 3, 4]];
  for (const shape of masks) {
    assert.throws(() => softmax(x, { mask: gpu.empty(shape) }), ShapeError, `[${shape}]`);
  }
});

Deno.test("softmax names a dtype that it does not take", async () => {
  using gpu = await open();
  assert.throws(() => softmax(gpu.empty([2, 2], "i32")), ShapeError);
});
