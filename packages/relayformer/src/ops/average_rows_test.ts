import assert from "node:assert/strict";
import { NO_ROW, open, ShapeError } from "@vicinity/tensor";
import { averageRows } from "./average_rows.ts";

/** The same in double precision. */
function reference(x: Float32Array, lists: Uint32Array, length: number, width: number): number[] {
  const rows = x.length / width;
  return Array.from({ length: lists.length / length * width }, (_, at) => {
    const [list, column] = [Math.floor(at / width), at % width];
    const members = [...lists.subarray(list * length, (list + 1) * length)]
      .filter((row) => row < rows);
    const sum = members.reduce((total, row) => total + (x[row * width + column] ?? NaN), 0);
    return members.length === 0 ? 0 : sum / members.length;
  });
}

Deno.test("rows of a list are averaged, free places and missing rows do not count", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const width of [1, 3, 4, 6, 96]) {
    const x = Float32Array.from({ length: 7 * width }, (_, at) => Math.sin(at));
    const lists = Uint32Array.from([
      ...[0, NO_ROW, NO_ROW, NO_ROW],
      ...[6, 2, NO_ROW, NO_ROW],
      ...[NO_ROW, NO_ROW, NO_ROW, NO_ROW],
      ...[NO_ROW, 3, 7, 4],
      ...[1, 2, 3, 5],
    ]);
    const y = averageRows(gpu.tensor([7, width], x), gpu.tensor([5, 4], lists));
    assert.deepEqual(y.shape, [5, width]);
    const [values = []] = await gpu.read([y]);
    reference(x, lists, 4, width).forEach((expected, at) => {
      const error = Math.abs((values[at] ?? NaN) - expected);
      assert.ok(error < 1e-6, `width ${width}, value ${at}: ${error}`);
    });
  }
});

Deno.test("a list of one row copies it bit by bit, also thousands of rows", async () => {
  using gpu = await open({ defaultLimits: true });
  const [rows, width] = [3001, 5];
  const x = Float32Array.from({ length: rows * width }, (_, at) => Math.cos(at));
  const lists = Uint32Array.from({ length: rows }, (_, row) => row);
  const [values] = await gpu.read([
    averageRows(gpu.tensor([rows, width], x), gpu.tensor([rows, 1], lists)),
  ]);
  assert.deepEqual(values, x);
});

Deno.test("averaging names tensors that do not fit", async () => {
  using gpu = await open();
  assert.throws(() => averageRows(gpu.empty([3, 2]), gpu.empty([3, 1])), ShapeError);
  assert.throws(() => averageRows(gpu.empty([3, 2]), gpu.empty([3], "u32")), ShapeError);
});
