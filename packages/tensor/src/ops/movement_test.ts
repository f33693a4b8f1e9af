import assert from "node:assert/strict";
import { open } from "../gpu/open.ts";
import { ShapeError } from "../errors.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { concat, permute, slice } from "./movement.ts";
import { pointwise } from "./pointwise.ts";

const counting = (shape: readonly number[]) =>
  Float32Array.from({ length: sizeOf(shape) }, (_, index) => index + 1);

/** Index of a position in a row-major array. */
function flat(shape: readonly number[], position: readonly number[]): number {
  return position.reduce((index, value, axis) => index * (shape[axis] ?? 1) + value, 0);
}

function positions(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, extent) => all.flatMap((p) => Array.from({ length: extent }, (_, i) => [...p, i])),
    [[]],
  );
}

const SHAPES = [[3, 4, 8], [2, 3, 5], [7, 1, 4], [1, 33, 3], [2, 2, 3, 2, 4]];

Deno.test("a slice takes a range of any axis", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const shape of SHAPES) {
    for (const [axis, extent] of shape.entries()) {
      const start = Math.floor(extent / 3);
      const count = Math.max(1, extent - start - 1);
      const [values] = await gpu.read([
        slice(gpu.tensor(shape, counting(shape)), axis, start, count),
      ]);
      const cut = shape.with(axis, count);
      const expected = positions(cut).map((p) =>
        flat(shape, p.with(axis, (p[axis] ?? 0) + start)) + 1
      );
      assert.deepEqual([...values ?? []], expected, `[${shape}] axis ${axis}`);
    }
  }
});

Deno.test("joined slices give the whole again, along any axis", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const shape of SHAPES) {
    const x = gpu.tensor(shape, counting(shape));
    for (const [axis, extent] of shape.entries()) {
      const cut = Math.floor(extent / 2);
      const parts = [slice(x, axis, 0, cut), slice(x, axis, cut, extent - cut)];
      const [values] = await gpu.read([concat(parts, axis)]);
      assert.deepEqual(values, counting(shape), `[${shape}] axis ${axis}`);
    }
  }
});

Deno.test("a permutation moves each element to its place", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  const cases = [
    [[3, 4, 8], [1, 0, 2]],
    [[3, 4, 8], [2, 1, 0]],
    [[2, 3, 5, 4], [0, 2, 1, 3]],
    [[2, 2, 3, 2, 4], [4, 0, 3, 1, 2]],
  ] as const;
  for (const [shape, axes] of cases) {
    const [values] = await gpu.read([permute(gpu.tensor(shape, counting(shape)), axes)]);
    const moved = axes.map((axis) => shape[axis] ?? 1);
    const expected = positions(moved).map((p) => {
      const source = shape.map((_, axis) => p[axes.indexOf(axis as never)] ?? 0);
      return flat(shape, source) + 1;
    });
    assert.deepEqual([...values ?? []], expected, `[${shape}] by [${axes}]`);
  }
});

Deno.test("integers are moved bit by bit", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  const words = new Uint32Array([1, 0x7fc00001, 0xffffffff, 4, 5, 6]);
  const [values] = await gpu.read([permute(gpu.tensor([2, 3], words), [1, 0])]);
  assert.deepEqual([...values ?? []], [1, 4, 0x7fc00001, 5, 0xffffffff, 6]);
});

Deno.test("aligned slices of the outermost axis are views, and views can be cut again", async () => {
  using gpu = await open({ defaultLimits: true });
  const x = gpu.tensor([6, 64], counting([6, 64]));
  const view = slice(x, 0, 2, 3);
  assert.equal(view.storage, x.storage);
  assert.equal(view.offset, 2 * 64 * 4);
  const copy = slice(gpu.tensor([6, 63], counting([6, 63])), 0, 2, 3);
  assert.equal(copy.offset, 0);
  const [columns, turned] = await gpu.read([slice(view, 1, 5, 2), permute(view, [1, 0])]);
  assert.deepEqual([...columns ?? []], [134, 135, 198, 199, 262, 263]);
  assert.deepEqual([...turned?.subarray(0, 4) ?? []], [129, 193, 257, 130]);
});

Deno.test("more elements than a line of workgroups are moved too", async () => {
  using gpu = await open();
  const shape = [3, 700_003];
  const [values] = await gpu.read([permute(gpu.tensor(shape, counting(shape)), [1, 0])]);
  const wrong = values?.findIndex((value, at) =>
    value !== at % 3 * 700_003 + Math.floor(at / 3) + 1
  );
  assert.equal(wrong, -1);
});

Deno.test("movement works inside a plan", async () => {
  using gpu = await open();
  const shape = [2, 3, 5];
  const move = (x: Tensor) =>
    permute(concat([slice(x, 2, 1, 4), slice(x, 2, 0, 2), x], 2), [2, 0, 1]);
  using plan = gpu.plan({
    name: "movement",
    inputs: { x: { shape } },
    run: ({ x }) => ({ y: move(x) }),
  });
  const x = gpu.tensor(shape, counting(shape));
  const [planned, eager] = await gpu.read([plan.run({ x }).y, move(x)]);
  assert.deepEqual(planned, eager);
});

Deno.test("movement names shapes that do not fit", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  const x = gpu.tensor([2, 3], counting([2, 3]));
  assert.throws(() => slice(x, 1, 2, 2), ShapeError);
  assert.throws(() => permute(x, [0, 0]), ShapeError);
  assert.throws(() => concat([x, gpu.tensor([2, 4], counting([2, 4]))], 0), ShapeError);
});

Deno.test("a slice of nothing is empty wherever it starts, and can be computed with", async () => {
  using gpu = await open({ debug: true });
  const x = gpu.tensor([64, 4], counting([64, 4]));
  for (const [axis, start] of [[0, 64], [0, 0], [0, 5], [1, 4], [1, 0]] as const) {
    const y = slice(x, axis, start, 0);
    assert.deepEqual(y.shape, x.shape.with(axis, 0));
    const [itself, joined] = await gpu.read([y, concat([y, x], axis)]);
    assert.equal(itself?.length, 0);
    assert.deepEqual([...joined ?? []], [...counting([64, 4])]);
  }
  const [sum] = await gpu.read([pointwise("x + 1", { x: slice(x, 0, 64, 0) })]);
  assert.equal(sum?.length, 0);
  for (const axis of [2, -1]) assert.throws(() => slice(x, axis, 0, 0), /no such axis/);
});

Deno.test("axes of a join may count from the end, and must be there", async () => {
  using gpu = await open({ debug: true });
  const [a, b] = [gpu.tensor([2, 1], counting([2, 1])), gpu.tensor([2, 2], counting([2, 2]))];
  const [values] = await gpu.read([concat([a, b], -1)]);
  assert.deepEqual([...values ?? []], [1, 1, 2, 2, 3, 4]);
  const [rows] = await gpu.read([concat([b, b], -2)]);
  assert.deepEqual([...rows ?? []], [1, 2, 3, 4, 1, 2, 3, 4]);
  for (const axis of [2, -3, 0.5]) assert.throws(() => concat([b, b], axis), ShapeError);
  assert.throws(() => concat([b, gpu.empty([2])], 0), ShapeError);
});
