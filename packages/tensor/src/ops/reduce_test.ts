import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { reduceReference, reductionReferences } from "../reference/reduce.ts";
import { sizeOf } from "../tensor.ts";
import { assertClose, testValues } from "../testing/close.ts";
import { rowVariants } from "../wgsl/row_walk.ts";
import { argmax, reduce } from "./reduce.ts";

Deno.test("reductions along any axis agree with float64 for all variants", async () => {
  using gpu = await open({ defaultLimits: true });
  const shapes = [[1], [5], [3, 7], [2, 33, 5], [4, 129, 8], [2, 3, 4097], [1, 3000, 3], [65, 16]];
  for (const shape of shapes) {
    using _scope = gpu.scope();
    const x = testValues(sizeOf(shape), 1);
    const tensor = gpu.tensor(shape, x);
    for (let axis = 0; axis < shape.length; axis++) {
      for (const reduction of ["sum", "mean", "max", "min"] as const) {
        const expected = reduceReference(x, shape, axis, reductionReferences[reduction]);
        const depth = shape[axis] ?? 1;
        const tolerance = reduction === "max" || reduction === "min"
          ? { atol: 0, rtol: 0 }
          : { atol: 1e-6 * Math.sqrt(depth), rtol: 1e-5 };
        for (const variant of axis === shape.length - 1 ? rowVariants(gpu.caps) : [undefined]) {
          const y = reduce(tensor, reduction, { axis, ...(variant ? { variant } : {}) });
          assert.deepEqual(y.shape, shape.toSpliced(axis, 1));
          const [values] = await gpu.read([y]);
          assertClose(
            values ?? [],
            expected,
            tolerance,
            `${reduction} ${variant} [${shape}] ${axis}`,
          );
        }
      }
    }
  }
});

Deno.test("a sum over a million equal values is split, so that rounding does not add up", async () => {
  using gpu = await open();
  const x = new Float32Array(2 ** 20 + 1).fill(1.1);
  const expected = Float64Array.of(Math.fround(1.1) * x.length);
  const [row, column] = await gpu.read([
    reduce(gpu.tensor([x.length], x), "sum", { axis: 0 }),
    reduce(gpu.tensor([x.length / 17, 17], x), "sum", { axis: -2 }),
  ]);
  assertClose(row ?? [], expected, { atol: 0, rtol: 1e-5 }, "row");
  const columns = new Float64Array(17).fill((expected[0] ?? 0) / 17);
  assertClose(column ?? [], columns, { atol: 0, rtol: 1e-5 }, "columns");
});

Deno.test("argmax gives the first of the largest values, also of negative ones", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [rows, columns] of [[1, 1], [3, 5], [2000, 20], [7, 1001]] as const) {
    const x = testValues(rows * columns, 2).map((value) => Math.floor(value * 8) - 9);
    const expected = reduceReference(
      x,
      [rows, columns],
      1,
      (values) => values.indexOf(reductionReferences.max(values)),
    );
    for (const variant of rowVariants(gpu.caps)) {
      const y = argmax(gpu.tensor([rows, columns], x), { variant });
      assert.deepEqual([y.shape, y.dtype], [[rows], "u32"]);
      const [values] = await gpu.read([y]);
      assert.deepEqual([...values ?? []], [...expected], `${variant} ${rows}x${columns}`);
    }
  }
});

Deno.test("a reduction names an axis that is not there", async () => {
  using gpu = await open();
  const x = gpu.tensor([2, 3], new Float32Array(6));
  assert.throws(() => reduce(x, "sum", { axis: 2 }), ShapeError);
  assert.throws(() => argmax(gpu.empty([3, 0])), ShapeError);
});

Deno.test("the largest value is found behind more columns than an adapter loops over", async () => {
  using gpu = await open();
  for (const columns of [500_000, 600_000, 3_000_000]) {
    const x = new Float32Array(columns);
    x[columns - 2] = 1;
    const [at] = await gpu.read([argmax(gpu.tensor([1, columns], x))]);
    assert.equal(at?.[0], columns - 2);
  }
});
