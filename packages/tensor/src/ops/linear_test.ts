import assert from "node:assert/strict";
import { open } from "../gpu/open.ts";
import { convReference } from "../reference/conv.ts";
import { CARD, openAs } from "../testing/adapters.ts";
import { assertClose, sumTolerance, testValues } from "../testing/close.ts";
import { fixedSubgroup } from "../wgsl/subgroups.ts";
import type { GemmForm } from "./gemm_form.ts";
import { linear } from "./linear.ts";
import { type GemmVariant, packWeight } from "./packed_weight.ts";

const VARIANTS: readonly GemmVariant[] = ["lanes", "registers", "shared"];
const SHAPES = [
  [1, 1, 1],
  [2, 3, 5],
  [7, 33, 16],
  [31, 8, 17],
  [50, 241, 12],
  [56, 250, 9],
  [64, 65, 63],
  [129, 31, 36],
  [300, 128, 64],
  [1000, 20, 9],
  [16_500, 130, 7],
] as const;

Deno.test("linear agrees with float64 for awkward extents in every variant", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const variant of VARIANTS) {
    if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
    for (const [m, n, k] of SHAPES) {
      using _scope = gpu.scope();
      const x = testValues(m * k, m + 1);
      const w = testValues(n * k, n + 2);
      const { y: expected } = convReference({
        x,
        xShape: [1, 1, m, k],
        w,
        wShape: [n, k, 1, 1, 1],
      });
      const y = linear(gpu.tensor([m, k], x), packWeight(gpu, w, [n, k], { variant }));
      assert.deepEqual(y.shape, [m, n]);
      const [actual = []] = await gpu.read([y]);
      assertClose(actual, expected, sumTolerance(k), `${variant} ${m}x${n}x${k}`);
    }
  }
});

const silu = (v: number) => v / (1 + Math.exp(-v));

Deno.test("the epilogue adds bias, activates, scales and adds the residual in this order", async () => {
  using gpu = await open();
  const [m, n, k] = [37, 24, 20];
  const x = testValues(m * k, 1), w = testValues(n * k, 2);
  const bias = testValues(n, 3), scale = testValues(n, 4), residual = testValues(m * n, 5);
  const { y: sums } = convReference({ x, xShape: [1, 1, m, k], w, wShape: [n, k, 1, 1, 1] });
  for (const activation of ["relu", "silu"] as const) {
    const expected = sums.map((sum, i) => {
      const v = sum * 0.5 + (bias[i % n] ?? 0);
      const active = activation === "relu" ? Math.max(v, 0) : silu(v);
      return active * (scale[i % n] ?? 0) + (residual[i] ?? 0);
    });
    for (const variant of VARIANTS) {
      if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
      const y = linear(gpu.tensor([m, k], x), packWeight(gpu, w, [n, k], { variant }), {
        alpha: 0.5,
        bias: gpu.tensor([n], bias),
        activation,
        scale: gpu.tensor([n], scale),
        residual: gpu.tensor([m, n], residual),
      });
      const [actual = []] = await gpu.read([y]);
      assertClose(actual, expected, sumTolerance(k), `${variant} ${activation}`);
    }
  }
});

Deno.test("every form of a product ends with the same epilogue, whatever the weights are stored as", async () => {
  for (const changed of [{}, CARD]) {
    using gpu = await openAs(changed);
    const forms = { tile: [37, 520], tall: [131, 24], split: [5, 1030], gemv: [3, 67] } as const;
    for (const variant of VARIANTS) {
      if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
      for (const [form, [m, k]] of Object.entries(forms)) {
        if (form === "tall" && variant !== "shared") continue;
        for (const n of [40, 33]) {
          using _scope = gpu.scope();
          const x = testValues(m * k, 1),
            w = testValues(n * k, 2).map((v) => Math.fround(v * 64) / 64);
          const table = testValues(3 * n, 3), residual = testValues(m * n, 4);
          const rows = Uint32Array.from({ length: m }, (_, row) => row % 3);
          const bias = testValues(n, 5), scale = testValues(n, 6);
          const halves = Float32Array.from(new Float16Array(w));
          for (const stored of ["f32", "f16"] as const) {
            const { y: sums } = convReference({
              x,
              xShape: [1, 1, m, k],
              w: stored === "f16" ? halves : w,
              wShape: [n, k, 1, 1, 1],
            });
            const expected = sums.map((sum, at) => {
              const found = table[(rows[Math.floor(at / n)] ?? 0) * n + at % n] ?? NaN;
              const v = sum / 8 + (bias[at % n] ?? NaN) + found;
              return Math.max(0, silu(v) * (scale[at % n] ?? NaN) + (residual[at] ?? NaN));
            });
            const weight = packWeight(gpu, w, [n, k], { variant, stored });
            const y = linear(gpu.tensor([m, k], x), weight, {
              form: form as GemmForm,
              alpha: 0.125,
              bias: gpu.tensor([n], bias),
              lookup: { table: gpu.tensor([3, n], table), rows: gpu.tensor([m], rows) },
              activation: "silu",
              scale: gpu.tensor([n], scale),
              residual: gpu.tensor([m, n], residual),
              finalActivation: "relu",
            });
            const [actual = []] = await gpu.read([y]);
            assertClose(actual, expected, sumTolerance(k), `${variant} ${form} ${stored} ${n}`);
          }
        }
      }
    }
  }
});

Deno.test("every form reads and writes 16 bits", async () => {
  for (const changed of [{}, CARD]) {
    using gpu = await openAs(changed);
    if (!gpu.caps.f16) return;
    for (const [form, [m, k]] of Object.entries({ split: [5, 1032], gemv: [3, 67] } as const)) {
      const n = 24;
      const x = Float32Array.from(new Float16Array(testValues(m * k, 1)));
      const w = testValues(n * k, 2);
      const { y: expected } = convReference({
        x,
        xShape: [1, 1, m, k],
        w,
        wShape: [n, k, 1, 1, 1],
      });
      const y = linear(gpu.tensor([m, k], x, "f16"), packWeight(gpu, w, [n, k]), {
        form: form as GemmForm,
      });
      assert.equal(y.dtype, "f16");
      const [actual = []] = await gpu.read([y]);
      assertClose(actual, expected, { atol: 1e-3, rtol: 1e-3 }, form);
    }
  }
});

Deno.test("a depth beyond what an invocation can loop over is split", async () => {
  using gpu = await open({ defaultLimits: true });
  const [m, n, k] = [2, 3, 260_000];
  const x = testValues(m * k, 1), w = testValues(n * k, 2);
  const { y: expected } = convReference({ x, xShape: [1, 1, m, k], w, wShape: [n, k, 1, 1, 1] });
  const y = linear(gpu.tensor([m, k], x), packWeight(gpu, w, [n, k]));
  const [actual = []] = await gpu.read([y]);
  assertClose(actual, expected, sumTolerance(k), "a long row");
});

Deno.test("linear splits its output into parts and heads", async () => {
  using gpu = await open();
  const [batch, tokens, k, parts, heads, width] = [2, 9, 516, 3, 2, 4];
  const n = parts * heads * width;
  const x = testValues(batch * tokens * k, 1), w = testValues(n * k, 2);
  const { y: rows } = convReference({
    x,
    xShape: [1, 1, batch * tokens, k],
    w,
    wShape: [n, k, 1, 1, 1],
  });
  const expected = new Float64Array(rows.length);
  rows.forEach((value, index) => {
    const [row, col] = [Math.floor(index / n), index % n];
    const part = Math.floor(col / (heads * width));
    const head = Math.floor(col / width) % heads;
    const at = (part * batch + Math.floor(row / tokens)) * heads + head;
    expected[(at * tokens + row % tokens) * width + col % width] = value;
  });
  for (const form of ["tile", "split"] as const) {
    const y = linear(gpu.tensor([batch, tokens, k], x), packWeight(gpu, w, [n, k]), {
      heads: { parts, heads },
      form,
    });
    assert.deepEqual(y.shape, [parts, batch, heads, tokens, width]);
    const [actual = []] = await gpu.read([y]);
    assertClose(actual, expected, sumTolerance(k), `heads ${form}`);
  }
});

Deno.test("a linear layer refuses other channel counts and short biases", async () => {
  using gpu = await open();
  const weight = packWeight(gpu, testValues(12, 1), [3, 4]);
  assert.throws(() => linear(gpu.empty([2, 5]), weight), /takes 4 channels/);
  assert.throws(
    () => linear(gpu.empty([2, 4]), weight, { bias: gpu.empty([2]) }),
    /bias has shape \[2\]/,
  );
});

Deno.test("rows of a table are added to the first columns, an activation comes after the residual", async () => {
  using gpu = await open();
  const [m, n, k, entries] = [41, 24, 20, 5];
  const x = testValues(m * k, 1), w = testValues(n * k, 2), residual = testValues(m * n, 3);
  const rows = Uint32Array.from({ length: m }, (_, row) => row * 3 % entries);
  const { y: sums } = convReference({ x, xShape: [1, 1, m, k], w, wShape: [n, k, 1, 1, 1] });
  for (const columns of [n, 9]) {
    const table = testValues(entries * columns, 4);
    const expected = sums.map((sum, at) => {
      const column = at % n;
      const entry = (rows[Math.floor(at / n)] ?? 0) * columns + column;
      const found = column < columns ? table[entry] ?? NaN : 0;
      return Math.max(0, sum + found + (residual[at] ?? NaN));
    });
    for (const variant of VARIANTS) {
      if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
      const y = linear(gpu.tensor([m, k], x), packWeight(gpu, w, [n, k], { variant }), {
        lookup: { table: gpu.tensor([entries, columns], table), rows: gpu.tensor([m], rows) },
        residual: gpu.tensor([m, n], residual),
        finalActivation: "relu",
      });
      const [actual = []] = await gpu.read([y]);
      assertClose(actual, expected, sumTolerance(k), `${variant} ${columns} columns`);
    }
  }
});

Deno.test("a table needs a number for each row", async () => {
  using gpu = await open();
  const weight = packWeight(gpu, testValues(8, 1), [2, 4]);
  const lookup = { table: gpu.empty([3, 2]), rows: gpu.empty([4], "u32") };
  assert.throws(() => linear(gpu.empty([5, 4]), weight, { lookup }), /one for each row/);
  const signed = { ...lookup, rows: gpu.empty([5], "i32") };
  assert.throws(() => linear(gpu.empty([5, 4]), weight, { lookup: signed }), /f32 and u32/);
});
