import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { testValues } from "../testing/close.ts";
import { segmentMax } from "./segment_max.ts";

/** Stretches of 0 to 7 rows that end at `rows`. */
function stretches(rows: number): Uint32Array {
  const starts = [0];
  for (let length = 0; (starts.at(-1) ?? rows) < rows; length = (length * 3 + 5) % 8) {
    starts.push(Math.min(rows, (starts.at(-1) ?? 0) + length));
  }
  return Uint32Array.from([...starts, rows]);
}

Deno.test("maxima over stretches are those of their rows, zeros without rows", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const rows of [1, 2, 65, 300]) {
    const starts = stretches(rows);
    for (const width of [1, 3, 4, 36]) {
      const x = testValues(rows * width, rows + width).map((value) => value - 2);
      const expected = Array.from({ length: (starts.length - 1) * width }, (_, at) => {
        const segment = Math.floor(at / width);
        const [first = 0, end = 0] = starts.subarray(segment, segment + 2);
        const column = Array.from(
          { length: end - first },
          (_, row) => x[(first + row) * width + at % width] ?? NaN,
        );
        return column.length === 0 ? 0 : Math.max(...column);
      });
      const [y] = await gpu.read([
        segmentMax(gpu.tensor([rows, width], x), gpu.tensor([starts.length], starts)),
      ]);
      assert.deepEqual([...y ?? []], expected, `${rows} rows of ${width}`);
    }
  }
});

Deno.test("stretches need whole numbers and an end", async () => {
  using gpu = await open();
  const x = gpu.empty([4, 2]);
  assert.throws(() => segmentMax(x, gpu.empty([3])), ShapeError);
  assert.throws(() => segmentMax(x, gpu.empty([0], "u32")), ShapeError);
});
