import assert from "node:assert/strict";
import { open } from "../gpu/open.ts";
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

Deno.test("matmul names matrices that do not fit", async () => {
  using gpu = await open();
  assert.throws(
    () => matmul(gpu.empty([2, 3, 4]), gpu.empty([2, 5, 6])),
    /Cannot multiply \[2,3,4\] by \[2,5,6\]/,
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
