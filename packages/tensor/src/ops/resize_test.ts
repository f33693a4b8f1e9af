import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { resampleReference } from "../reference/resize.ts";
import { composeTables, type ResampleRule, resampleTable, sliceTable } from "../resample_table.ts";
import { assertClose, testValues } from "../testing/close.ts";
import { resize, resizeByTables, Resizer } from "./resize.ts";

const RULES: readonly ResampleRule[] = [
  { filter: "nearest" },
  { filter: "nearest", convention: "torch" },
  { filter: "bilinear", convention: "torch" },
  { filter: "bilinear", convention: "torch", alignCorners: true },
  { filter: "bicubic", convention: "torch" },
  { filter: "bicubic", convention: "torch", alignCorners: true },
  { filter: "bicubic", convention: "torch", antialias: true },
  { filter: "bilinear", convention: "torch", antialias: true, alignCorners: true },
  { filter: "bilinear" },
  { filter: "bicubic" },
  { filter: "lanczos" },
  { filter: "box" },
];

Deno.test("every rule agrees with float64, enlarging, reducing and at odd sizes", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const rule of RULES) {
    for (
      const [n, h, w, c, toH, toW] of [
        [1, 5, 7, 3, 10, 14],
        [2, 9, 6, 4, 4, 11],
        [1, 1, 1, 1, 3, 2],
        [1, 33, 17, 8, 7, 5],
      ] as const
    ) {
      using _scope = gpu.scope();
      const x = testValues(n * h * w * c, 3);
      const rows = resampleTable(h, toH, rule);
      const cols = resampleTable(w, toW, rule);
      const wide = resampleReference(x, cols, { outer: n * h, length: w, inner: c });
      const expected = resampleReference(wide, rows, { outer: n, length: h, inner: toW * c });
      const [y] = await gpu.read([resize(gpu.tensor([n, h, w, c], x), [toH, toW], rule)]);
      const name = `${JSON.stringify(rule)} ${h}x${w} to ${toH}x${toW}`;
      assertClose(y ?? [], expected, { atol: 8e-6, rtol: 1e-6 }, name);
    }
  }
});

Deno.test("rows of a table add up to 1 and stay inside the input", () => {
  for (const rule of RULES) {
    for (const [from, to] of [[1, 5], [7, 3], [16, 33], [100, 9]] as const) {
      const { first, taps, weights } = resampleTable(from, to, rule);
      for (let row = 0; row < to; row++) {
        const values = [...weights.subarray(row * taps, (row + 1) * taps)];
        const sum = values.reduce((a, b) => a + b, 0);
        assert(Math.abs(sum - 1) < 1e-12, `${JSON.stringify(rule)} row ${row}: ${sum}`);
        const last = values.findLastIndex((weight) => weight !== 0);
        assert((first[row] ?? -1) >= 0 && (first[row] ?? 0) + last < from);
      }
    }
  }
});

Deno.test("torch's rules have the values that PyTorch gives", () => {
  // torch.nn.functional.interpolate of 0, 1, 2, …, PyTorch 1.13, float64.
  const cases: readonly (readonly [number, number, Omit<ResampleRule, "convention">, number[]])[] =
    [
      [4, 8, { filter: "bilinear" }, [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]],
      [4, 3, { filter: "bicubic" }, [0.12615740740740822, 1.5, 2.873842592592593]],
      [4, 3, { filter: "bicubic", alignCorners: true }, [0, 1.5, 3]],
      [7, 3, { filter: "bicubic", antialias: true }, [0.7177419354838716, 3, 5.282258064516129]],
      [7, 4, { filter: "bilinear", antialias: true, alignCorners: true }, [
        0.7142857142857142,
        2.5,
        4.5,
        5.75,
      ]],
      [7, 3, { filter: "bicubic", antialias: true, alignCorners: true }, [
        1.0666666666666669,
        4.094117647058823,
        6.037037037037036,
      ]],
      [7, 3, { filter: "nearest" }, [0, 2, 4]],
      [4, 8, { filter: "bicubic" }, [
        -0.10546875,
        0.19140625,
        0.66796875,
        1.296875,
        1.703125,
        2.33203125,
        2.80859375,
        3.10546875,
      ]],
    ];
  for (const [from, to, rule, expected] of cases) {
    const table = resampleTable(from, to, { ...rule, convention: "torch" });
    const line = Array.from({ length: from }, (_, index) => index);
    const values = resampleReference(line, table, { outer: 1, length: from, inner: 1 });
    assertClose(values, expected, { atol: 1e-12, rtol: 0 }, JSON.stringify(rule));
  }
});

Deno.test("the pillow convention has the values that Pillow gives", () => {
  // Image.resize of 0, 1, 4, 9, … in mode F, Pillow 9.4, which computes in float32.
  const cases: readonly (readonly [number, number, ResampleRule["filter"], number[]])[] = [
    [7, 3, "nearest", [1, 9, 25]],
    [3, 7, "nearest", [0, 0, 1, 1, 1, 4, 4]],
    [7, 3, "bilinear", [1.285714, 9.941176, 27]],
    [4, 6, "bilinear", [0, 0.5, 1.5, 3.5, 6.5, 9]],
    [7, 3, "bicubic", [0.677419, 9.363858, 28.064516]],
    [4, 6, "bicubic", [-0.065789, 0.294118, 1.361111, 3.361111, 6.823529, 9.328947]],
    [7, 3, "lanczos", [0.419244, 9, 28.646051]],
    [4, 6, "lanczos", [-0.00658, 0.259169, 1.27615, 3.116148, 7.02934, 9.374989]],
    [7, 3, "box", [0.5, 9.666667, 30.5]],
    [4, 6, "box", [0, 1, 1, 4, 9, 9]],
  ];
  for (const [from, to, filter, expected] of cases) {
    const table = resampleTable(from, to, { filter });
    const squares = Array.from({ length: from }, (_, index) => index * index);
    const values = resampleReference(squares, table, { outer: 1, length: from, inner: 1 });
    assertClose(values, expected, { atol: 2e-6, rtol: 0 }, `${filter} ${from} to ${to}`);
  }
});

Deno.test("tables name lengths and kernels that they cannot have", () => {
  assert.throws(() => resampleTable(0, 3, { filter: "box" }), ShapeError);
  assert.throws(() => resampleTable(4, 3, { filter: "box", convention: "torch" }), ShapeError);
});

Deno.test("nearest takes the input under the centre, or under the edge as torch does", () => {
  const picked = (from: number, to: number, convention: "pillow" | "torch") => [
    ...resampleTable(from, to, { filter: "nearest", convention }).first,
  ];
  // torch.nn.functional.interpolate of 0, 1, 2, …: nearest-exact and nearest.
  assert.deepEqual(picked(7, 3, "pillow"), [1, 3, 5]);
  assert.deepEqual(picked(7, 3, "torch"), [0, 2, 4]);
  assert.deepEqual(picked(4, 2, "pillow"), [1, 3]);
  assert.deepEqual(picked(3, 6, "pillow"), [0, 0, 1, 1, 2, 2]);
});

Deno.test("tables of a plan's resize outlive the trace and are shared with the next", async () => {
  using gpu = await open();
  const rule = { filter: "bilinear", convention: "torch" } as const;
  const x = testValues(3 * 2 * 4, 7);
  const make = () =>
    gpu.plan({
      name: "resize",
      inputs: { x: { shape: [1, 3, 2, 4] } },
      run: ({ x }) => ({ y: resize(x, [5, 5], rule) }),
    });
  using plan = make();
  const [first] = await gpu.read([plan.run({ x }).y]);
  const { liveBuffers } = gpu.stats;
  const again = make();
  const [second] = await gpu.read([again.run({ x }).y]);
  again.dispose();
  assert.deepEqual(second, first);
  assert.equal(gpu.stats.liveBuffers, liveBuffers);
  assert(first?.some((value) => value !== 0));
});

Deno.test("a resizer works inside a plan and names pictures of another size", async () => {
  using gpu = await open();
  using resizer = new Resizer(gpu, [4, 6], [8, 12], { filter: "bicubic" });
  const x = testValues(4 * 6 * 3, 5);
  using plan = gpu.plan({
    name: "resize",
    inputs: { x: { shape: [1, 4, 6, 3] } },
    run: ({ x }) => ({ y: resizer.apply(x) }),
  });
  const [planned, eager] = await gpu.read([
    plan.run({ x }).y,
    resize(gpu.tensor([1, 4, 6, 3], x), [8, 12], { filter: "bicubic" }),
  ]);
  assert.deepEqual(planned, eager);
  assert.throws(() => resizer.apply(gpu.tensor([1, 6, 4, 3], x)), ShapeError);
  assert.throws(() => resizer.apply(gpu.empty([1, 4, 6, 3], "u32")), ShapeError);
});

Deno.test("two resizes by one table, cut into bands, are the two resizes", async () => {
  using gpu = await open();
  const rule = { filter: "bilinear", convention: "torch" } as const;
  const x = gpu.tensor([2, 5, 7, 4], testValues(280, 3));
  const [rows, cols] = [[5, 9, 13], [7, 11, 6]].map(([a = 0, b = 0, c = 0]) =>
    composeTables(resampleTable(a, b, rule), resampleTable(b, c, rule))
  );
  assert(rows && cols);
  const [first = [], last = [], whole = []] = await gpu.read([
    resizeByTables(x, sliceTable(rows, 0, 6), cols),
    resizeByTables(x, sliceTable(rows, 6, 7), cols),
    resize(resize(x, [9, 11], rule), [13, 6], rule),
  ]);
  const bands = [0, 1].flatMap((picture) => [
    ...first.slice(picture * 144, picture * 144 + 144),
    ...last.slice(picture * 168, picture * 168 + 168),
  ]);
  assertClose(bands, whole, { atol: 1e-6, rtol: 1e-5 }, "bands");
});

Deno.test("a part of a table is made alone, however long the table is", () => {
  const [rule, part] = [{ filter: "lanczos" }, { start: 6, count: 7 }] as const;
  for (const [from, to] of [[5, 20], [40, 15]] as const) {
    assert.deepEqual(
      resampleTable(from, to, rule, part),
      sliceTable(resampleTable(from, to, rule), part.start, part.count),
    );
  }
  const far = resampleTable(2, 1e9, rule, { start: 1e9 - 1, count: 1 });
  assert.deepEqual([...far.first], [0]);
});
