import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { gatherMax, gatherRows, NO_ROW, scatterRows } from "./rows.ts";

const counting = (count: number) => Float32Array.from({ length: count }, (_, index) => index + 1);

const WIDTHS = [1, 3, 4, 5, 192];

Deno.test("gathered rows come in the order of their numbers, zeros for none", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  const numbers = new Uint32Array([4, 0, NO_ROW, 4, 5, 2, 3]);
  for (const width of WIDTHS) {
    const x = counting(5 * width);
    const [y] = await gpu.read([
      gatherRows(gpu.tensor([5, width], x), gpu.tensor([7], numbers)),
    ]);
    const row = (at: number) =>
      at < 5 ? [...x.subarray(at * width, (at + 1) * width)] : new Array(width).fill(0);
    assert.deepEqual([...y ?? []], [...numbers].flatMap(row), `width ${width}`);
  }
});

Deno.test("scattered rows lie at their numbers, the others are zero", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  const numbers = new Uint32Array([6, 0, NO_ROW, 7, 2]);
  for (const width of WIDTHS) {
    const x = counting(5 * width);
    const [y] = await gpu.read([
      scatterRows(gpu.tensor([5, width], x), gpu.tensor([5], numbers), 7),
    ]);
    const expected = new Float32Array(7 * width);
    for (const [row, number] of [[0, 6], [1, 0], [4, 2]] as const) {
      expected.set(x.subarray(row * width, (row + 1) * width), number * width);
    }
    assert.deepEqual(y, expected, `width ${width}`);
  }
});

Deno.test("scattering undoes gathering, inside a plan and run after run", async () => {
  using gpu = await open();
  const count = 299;
  const shuffled = Uint32Array.from({ length: count }, (_, index) => index * 7 % count);
  using plan = gpu.plan({
    name: "rows",
    inputs: { x: { shape: [count, 2, 3] }, order: { shape: [count], dtype: "u32" } },
    run: ({ x, order }) => ({ y: scatterRows(gatherRows(x, order), order, count) }),
  });
  for (const order of [shuffled, shuffled.toReversed()]) {
    const x = counting(count * 6);
    const { y } = plan.run({ x, order });
    const [values] = await gpu.read([y]);
    assert.deepEqual(y.shape, [count, 2, 3]);
    assert.deepEqual(values, x);
  }
});

Deno.test("no rows at all gather to zeros, and integers keep their bits", async () => {
  using gpu = await open();
  const bits = new Uint32Array([0x7fc00001, NO_ROW]);
  const [none, kept] = await gpu.read([
    gatherRows(gpu.empty([0, 2]), gpu.tensor([1], new Uint32Array([0]))),
    gatherRows(gpu.tensor([2, 1], bits), gpu.tensor([2], new Uint32Array([0, 1]))),
  ]);
  assert.deepEqual([...none ?? []], [0, 0]);
  assert.deepEqual(kept, bits);
});

Deno.test("rows by number name tensors that do not fit", async () => {
  using gpu = await open();
  const x = gpu.empty([3, 2]);
  assert.throws(() => gatherRows(x, gpu.empty([3])), ShapeError);
  assert.throws(() => scatterRows(x, gpu.empty([2], "u32"), 4), ShapeError);
});

Deno.test("maxima over picked rows count missing ones as zeros", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const width of WIDTHS) {
    for (const slots of [1, 3, 4]) {
      const x = counting(5 * width).map((value) => value % 3 === 0 ? value : -value);
      const numbers = Uint32Array.from(
        { length: 6 * slots },
        (_, at) => at % 5 === 3 ? NO_ROW : at * 3 % 7,
      );
      const [y] = await gpu.read([
        gatherMax(gpu.tensor([5, width], x), gpu.tensor([6, slots], numbers)),
      ]);
      const expected = Array.from({ length: 6 * width }, (_, at) => {
        const first = Math.floor(at / width) * slots;
        const rows = [...numbers.subarray(first, first + slots)];
        return Math.max(...rows.map((row) => row < 5 ? x[row * width + at % width] ?? NaN : 0));
      });
      assert.deepEqual([...y ?? []], expected, `${slots} rows of ${width}`);
    }
  }
  assert.throws(() => gatherMax(gpu.empty([3, 2]), gpu.empty([4], "u32")), ShapeError);
});
