import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { poolReference, type PoolSpan } from "../reference/pool.ts";
import { sizeOf } from "../tensor.ts";
import { assertClose, sumTolerance, testValues } from "../testing/close.ts";
import { adaptiveAveragePool2d, pool2d } from "./pool.ts";

interface Case {
  readonly shape: readonly [number, number, number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly countIncludePad: boolean;
  /** Windows down and across as PyTorch counts them, floor and ceil. */
  readonly floor: readonly [number, number];
  readonly ceil: readonly [number, number];
}

const CASES: readonly Case[] = [
  {
    shape: [1, 4, 4, 4],
    kernel: [2, 2],
    stride: [2, 2],
    padding: [0, 0],
    countIncludePad: true,
    floor: [2, 2],
    ceil: [2, 2],
  },
  {
    shape: [2, 7, 9, 3],
    kernel: [3, 3],
    stride: [2, 2],
    padding: [1, 1],
    countIncludePad: true,
    floor: [4, 5],
    ceil: [4, 5],
  },
  {
    shape: [1, 8, 5, 8],
    kernel: [3, 2],
    stride: [2, 3],
    padding: [0, 1],
    countIncludePad: false,
    floor: [3, 2],
    ceil: [4, 2],
  },
  {
    shape: [1, 6, 6, 1],
    kernel: [3, 3],
    stride: [2, 2],
    padding: [1, 1],
    countIncludePad: true,
    floor: [3, 3],
    ceil: [4, 4],
  },
];

function spans(test: Case, axis: 0 | 1, ceil: boolean, inside: boolean): PoolSpan[] {
  const extent = test.shape[axis + 1] ?? 0;
  const [taps, padding] = [test.kernel[axis], test.padding[axis]];
  return Array.from({ length: (ceil ? test.ceil : test.floor)[axis] }, (_, i) => {
    const start = i * test.stride[axis] - padding;
    const [first, last] = [Math.max(0, start), Math.min(extent, start + taps)];
    const padded = Math.min(extent + padding, start + taps) - start;
    return { first, last, count: inside ? last - first : padded };
  });
}

Deno.test("pooling has the windows, padding and divisors of PyTorch", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const test of CASES) {
    const x = testValues(sizeOf(test.shape), 1);
    for (const kind of ["max", "average"] as const) {
      for (const ceilMode of [false, true]) {
        const y = pool2d(gpu.tensor(test.shape, x), { ...test, kind, ceilMode });
        const windows = ceilMode ? test.ceil : test.floor;
        assert.deepEqual(y.shape, [test.shape[0], ...windows, test.shape[3]]);
        const expected = poolReference({
          x,
          shape: test.shape,
          kind,
          rows: spans(test, 0, ceilMode, !test.countIncludePad),
          columns: spans(test, 1, ceilMode, !test.countIncludePad),
        });
        const [values] = await gpu.read([y]);
        const tolerance = kind === "max" ? { atol: 0, rtol: 0 } : sumTolerance(9);
        assertClose(values ?? [], expected, tolerance, `${kind} ${ceilMode} [${test.shape}]`);
      }
    }
  }
});

Deno.test("adaptive averages cover pictures that the output does not divide", async () => {
  using gpu = await open({ defaultLimits: true });
  for (
    const [shape, size] of [
      [[1, 7, 5, 4], [3, 2]],
      [[2, 4, 6, 3], [6, 6]],
      [[1, 65, 33, 8], [1, 1]],
      [[2, 9, 9, 5], [1, 2]],
    ] as const
  ) {
    const x = testValues(sizeOf(shape), 2);
    const along = (extent: number, count: number): PoolSpan[] =>
      Array.from({ length: count }, (_, i) => {
        const [first, last] = [Math.floor(i * extent / count), Math.ceil((i + 1) * extent / count)];
        return { first, last, count: last - first };
      });
    const expected = poolReference({
      x,
      shape,
      kind: "average",
      rows: along(shape[1], size[0]),
      columns: along(shape[2], size[1]),
    });
    const y = adaptiveAveragePool2d(gpu.tensor(shape, x), size);
    assert.deepEqual(y.shape, [shape[0], ...size, shape[3]]);
    const [values] = await gpu.read([y]);
    assertClose(values ?? [], expected, sumTolerance(9), `[${shape}] to [${size}]`);
  }
});

Deno.test("pooling names a kernel that does not fit", async () => {
  using gpu = await open();
  const x = gpu.tensor([1, 2, 2, 1], new Float32Array(4));
  assert.throws(() => pool2d(x, { kind: "max", kernel: 3 }), ShapeError);
  assert.throws(() => pool2d(x, { kind: "max", kernel: 2, padding: 2 }), ShapeError);
  assert.throws(() => adaptiveAveragePool2d(x, 0), ShapeError);
});
