import assert from "node:assert/strict";
import { open } from "../gpu/open.ts";
import { CARD, openAs } from "../testing/adapters.ts";
import { assertClose, sumTolerance, testValues } from "../testing/close.ts";
import { fixedSubgroup } from "../wgsl/subgroups.ts";
import { matmul } from "./matmul.ts";
import type { GemmVariant } from "./packed_weight.ts";

const VARIANTS: readonly GemmVariant[] = ["lanes", "registers", "shared"];
const SHAPES = [[1, 1, 1, 1], [2, 5, 9, 6], [3, 33, 17, 8], [1, 70, 65, 31], [2, 129, 40, 64]];

Deno.test("matmul agrees with float64 for batches and both layouts in every variant", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const variant of VARIANTS) {
    if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
    for (const [batch = 1, m = 1, n = 1, k = 1] of SHAPES) {
      for (const transposed of [false, true]) {
        using _scope = gpu.scope();
        const a = testValues(batch * m * k, 1), b = testValues(batch * k * n, 2);
        const expected = Float64Array.from({ length: batch * m * n }, (_, index) => {
          const [col, row] = [index % n, Math.floor(index / n)];
          const first = Math.floor(row / m) * k * n;
          let sum = 0;
          for (let i = 0; i < k; i++) {
            const at = transposed ? col * k + i : i * n + col;
            sum += (a[row * k + i] ?? 0) * (b[first + at] ?? 0);
          }
          return sum / 2;
        });
        const y = matmul(
          gpu.tensor([batch, m, k], a),
          gpu.tensor(transposed ? [batch, n, k] : [batch, k, n], b),
          { transposed, variant, alpha: 0.5 },
        );
        assert.deepEqual(y.shape, [batch, m, n]);
        const [actual = []] = await gpu.read([y]);
        const name = `${variant} ${batch}x${m}x${n}x${k} ${transposed}`;
        assertClose(actual, expected, sumTolerance(k), name);
      }
    }
  }
});

/** `a · b` in float64, with leading axes broadcast. */
function product(
  [a, aShape]: [Float32Array, readonly number[]],
  [b, bShape]: [Float32Array, readonly number[]],
  shape: readonly number[],
): Float64Array {
  const [m = 0, n = 0] = shape.slice(-2);
  const k = aShape.at(-1) ?? 0;
  /** Number of the matrix of an operand that makes matrix `index` of the result. */
  const matrixOf = (own: readonly number[], index: number) => {
    let [rest, step, matrix] = [index, 1, 0];
    for (let axis = shape.length - 3; axis >= 0; axis--) {
      const extent = own[axis - shape.length + own.length] ?? 1;
      if (extent > 1) matrix += rest % extent * step;
      rest = Math.floor(rest / (shape[axis] ?? 1));
      step *= extent;
    }
    return matrix;
  };
  return Float64Array.from({ length: shape.reduce((x, y) => x * y) }, (_, at) => {
    const matrix = Math.floor(at / (m * n));
    const [row, col] = [Math.floor(at / n) % m, at % n];
    const from = [(matrixOf(aShape, matrix) * m + row) * k, matrixOf(bShape, matrix) * k * n + col];
    let sum = 0;
    for (let i = 0; i < k; i++) {
      sum += (a[(from[0] ?? 0) + i] ?? NaN) * (b[(from[1] ?? 0) + i * n] ?? NaN);
    }
    return sum;
  });
}

Deno.test("matmul broadcasts leading axes of both operands as torch does", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  const cases = [
    [[2, 3, 5, 6], [6, 7], [2, 3, 5, 7]],
    [[5, 6], [4, 6, 7], [4, 5, 7]],
    [[3, 1, 2, 8], [1, 2, 8, 9], [3, 2, 2, 9]],
    [[2, 1, 3, 33, 8], [2, 5, 1, 8, 9], [2, 5, 3, 33, 9]],
    [[2, 3, 1, 2, 2, 4], [1, 3, 2, 1, 4, 5], [2, 3, 2, 2, 2, 5]],
    [[1, 1, 1, 6], [1, 6, 7], [1, 1, 1, 7]],
  ] as const;
  for (const [aShape, bShape, shape] of cases) {
    for (const form of ["tile", "gemv"] as const) {
      using _scope = gpu.scope();
      const [a, b] = [aShape, bShape].map((extents, seed) =>
        testValues(extents.reduce((x: number, y) => x * y, 1), seed + 1)
      );
      if (!a || !b) throw new Error("no values");
      const rows = shape.at(-2) ?? 0;
      const folded = bShape.length === 2
        ? shape.slice(0, -1).reduce((x: number, y) => x * y, 1)
        : rows;
      if (form === "gemv" && Math.max(folded, aShape.at(-3) === shape.at(-3) ? folded : rows) > 4) {
        continue;
      }
      const y = matmul(gpu.tensor(aShape, a), gpu.tensor(bShape, b), { form });
      assert.deepEqual(y.shape, shape);
      const [actual = []] = await gpu.read([y]);
      const expected = product([a, aShape], [b, bShape], shape);
      assertClose(actual, expected, sumTolerance(8), `${form} [${aShape}] [${bShape}]`);
    }
  }
});

Deno.test("few rows are multiplied by matrices that are not packed, in both layouts", async () => {
  for (const changed of [{}, CARD, { isCpu: false }]) {
    using gpu = await openAs(changed);
    for (
      const [batch, m, n, k] of [[1, 1, 1, 1], [3, 4, 37, 130], [2, 3, 70, 64], [
        5,
        2,
        9,
        7,
      ]] as const
    ) {
      for (const transposed of [false, true]) {
        using _scope = gpu.scope();
        const a = testValues(batch * m * k, 1), b = testValues(batch * k * n, 2);
        const bias = testValues(n, 3), residual = testValues(batch * m * n, 4);
        const flipped = Float32Array.from(b, (_, at) => {
          const [row, i] = [Math.floor(at / k) % n, at % k];
          return b[Math.floor(at / (k * n)) * k * n + i * n + row] ?? NaN;
        });
        const y = matmul(
          gpu.tensor([batch, m, k], a),
          transposed ? gpu.tensor([batch, n, k], flipped) : gpu.tensor([batch, k, n], b),
          {
            transposed,
            form: "gemv",
            alpha: 2,
            bias: gpu.tensor([n], bias),
            residual: gpu.tensor([batch, m, n], residual),
          },
        );
        const sums = product([a, [batch, m, k]], [b, [batch, k, n]], [batch, m, n]);
        const expected = sums.map((sum, at) =>
          2 * sum + (bias[at % n] ?? NaN) + (residual[at] ?? NaN)
        );
        const [actual = []] = await gpu.read([y]);
        assertClose(actual, expected, sumTolerance(4 * k), `${m}x${n}x${k} ${transposed}`);
      }
    }
  }
});

Deno.test("matmul names matrices that do not fit", async () => {
  using gpu = await open();
  assert.throws(
    () => matmul(gpu.empty([2, 3, 4]), gpu.empty([2, 5, 6])),
    /Cannot multiply \[2,3,4\] by \[2,5,6\]/,
  );
  assert.throws(() => matmul(gpu.empty([2, 3, 4]), gpu.empty([3, 4, 6])), /equal or 1/);
  assert.throws(
    () => matmul(gpu.empty([5, 4]), gpu.empty([4, 6]), { form: "gemv" }),
    /5 rows by \[4, 6\] in the form gemv: it can run as/,
  );
});

Deno.test("a batch of more matrices than a grid is deep is multiplied as a whole", async () => {
  using gpu = await open();
  const batch = 70_000;
  const a = testValues(batch * 4, 1), b = testValues(batch * 4, 2);
  const expected = Float64Array.from(
    { length: batch },
    (_, i) => [0, 1, 2, 3].reduce((sum, c) => sum + (a[4 * i + c] ?? 0) * (b[4 * i + c] ?? 0), 0),
  );
  for (const variant of VARIANTS) {
    if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
    const y = matmul(gpu.tensor([batch, 1, 4], a), gpu.tensor([batch, 4, 1], b), { variant });
    const [actual = []] = await gpu.read([y]);
    assertClose(actual, expected, sumTolerance(4), variant);
  }
});
