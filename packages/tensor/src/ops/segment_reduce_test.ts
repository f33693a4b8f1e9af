import assert from "node:assert/strict";
import { GpuLimitError, ShapeError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { open } from "../gpu/open.ts";
import { reductionReferences, segmentReference } from "../reference/reduce.ts";
import { assertClose, sumTolerance, testValues } from "../testing/close.ts";
import { NO_ROW } from "./rows.ts";
import { segmentReduce, type SegmentReduceOptions, segmentTable } from "./segment_reduce.ts";

const REDUCTIONS = ["sum", "mean", "max", "min"] as const;

/** Stretches of 0 to 7 rows that end at `rows`. */
function stretches(rows: number): Uint32Array {
  const starts = [0];
  for (let length = 0; (starts.at(-1) ?? rows) < rows; length = (length * 3 + 5) % 8) {
    starts.push(Math.min(rows, (starts.at(-1) ?? 0) + length));
  }
  return Uint32Array.from([...starts, rows]);
}

/** A table on the GPU. */
function uploaded(gpu: Gpu, numbers: Uint32Array, count: number): SegmentReduceOptions {
  const { starts, order, longest } = segmentTable(numbers, count);
  return {
    starts: gpu.tensor([starts.length], starts),
    order: gpu.tensor([order.length], order),
    longest,
  };
}

Deno.test("reductions over stretches are those of their rows, zeros without rows", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const rows of [1, 2, 65, 300]) {
    const starts = stretches(rows);
    const owners = new Uint32Array(rows);
    starts.forEach((start, segment) => owners.fill(segment, start));
    for (const width of [1, 3, 4, 36]) {
      using _scope = gpu.scope();
      const x = testValues(rows * width, rows + width).map((value) => value - 2);
      for (const reduction of REDUCTIONS) {
        const [y = []] = await gpu.read([
          segmentReduce(gpu.tensor([rows, width], x), reduction, {
            starts: gpu.tensor([starts.length], starts),
          }),
        ]);
        const combine = reductionReferences[reduction];
        const expected = segmentReference({ x, width }, owners, starts.length - 1, combine);
        const exact = reduction === "max" || reduction === "min";
        const tolerance = exact ? { atol: 0, rtol: 0 } : sumTolerance(7);
        assertClose(y, expected, tolerance, `${reduction} of ${rows} rows of ${width}`);
      }
    }
  }
});

Deno.test("rows that share a number are added up, those without one are left out", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  const [rows, count] = [3001, 40];
  // Two thirds of the rows go to number 7, none to the last numbers, and some to none.
  const numbers = Uint32Array.from({ length: rows }, (_, row) => {
    if (row % 3 > 0) return 7;
    return row % 11 === 0 ? NO_ROW : row % 13 === 0 ? count : row * 7 % 31;
  });
  for (const width of [5, 8]) {
    const x = testValues(rows * width, width);
    for (const reduction of REDUCTIONS) {
      using _scope = gpu.scope();
      const tensor = gpu.tensor([rows, width], x);
      const table = uploaded(gpu, numbers, count);
      const y = segmentReduce(tensor, reduction, table);
      assert.deepEqual(y.shape, [count, width]);
      const [values = [], again] = await gpu.read([y, segmentReduce(tensor, reduction, table)]);
      const combine = reductionReferences[reduction];
      const expected = segmentReference({ x, width }, numbers, count, combine);
      const exact = reduction === "max" || reduction === "min";
      const tolerance = exact ? { atol: 0, rtol: 0 } : sumTolerance(rows);
      assertClose(values, expected, tolerance, `${reduction} of ${width}`);
      assert.deepEqual(again, values);
    }
  }
});

Deno.test("long sums are sums of sums, so that rounding does not add up", async () => {
  using gpu = await open();
  const x = new Float32Array(50_000).fill(1.1);
  const [y] = await gpu.read([
    segmentReduce(gpu.tensor([x.length, 1], x), "sum", {
      starts: gpu.tensor([2], new Uint32Array([0, x.length])),
    }),
  ]);
  const expected = [Math.fround(1.1) * x.length];
  assertClose(y ?? [], expected, { atol: 0, rtol: 1e-5 }, "50000 equal rows");
});

Deno.test("a table puts rows with the same number beside each other, in their order", () => {
  const table = segmentTable(new Uint32Array([3, 1, NO_ROW, 3, 0, 4, 3]), 4);
  assert.deepEqual([...table.order], [4, 1, 0, 3, 6]);
  assert.deepEqual([...table.starts], [0, 1, 2, 2, 5]);
  assert.equal(table.longest, 3);
  const none = segmentTable(new Uint32Array(), 2);
  assert.deepEqual([[...none.starts], none.order.length, none.longest], [[0, 0, 0], 0, 0]);
});

Deno.test("more rows than an adapter loops over are fine where no stretch is long", async () => {
  using gpu = await open();
  const [rows, count] = [140_000, 70_000];
  const x = gpu.tensor([rows, 1], new Float32Array(rows).fill(1));
  const table = uploaded(gpu, Uint32Array.from({ length: rows }, (_, row) => row % count), count);
  const [y = new Float32Array()] = await gpu.read([segmentReduce(x, "sum", table)]);
  assert(y.length === count && y.every((sum) => sum === 2));
  const { longest: _, ...unbounded } = table;
  if (gpu.caps.isCpu) assert.throws(() => segmentReduce(x, "sum", unbounded), GpuLimitError);
});

Deno.test("no rows at all give zeros", async () => {
  using gpu = await open({ debug: true });
  const [y] = await gpu.read([
    segmentReduce(gpu.empty([0, 3]), "mean", uploaded(gpu, new Uint32Array(), 2)),
  ]);
  assert.deepEqual([...y ?? []], [0, 0, 0, 0, 0, 0]);
});

Deno.test("stretches need whole numbers and an end", async () => {
  using gpu = await open();
  const x = gpu.empty([4, 2]);
  const starts = gpu.empty([3], "u32");
  assert.throws(() => segmentReduce(x, "max", { starts: gpu.empty([3]) }), ShapeError);
  assert.throws(() => segmentReduce(x, "max", { starts: gpu.empty([0], "u32") }), ShapeError);
  assert.throws(() => segmentReduce(x, "max", { starts, order: gpu.empty([4]) }), ShapeError);
});
