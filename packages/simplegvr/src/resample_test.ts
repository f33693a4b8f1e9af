import assert from "node:assert/strict";
import { assertClose } from "@vicinity/tensor/testing";
import { resizeImage } from "./resample.ts";

const FILTERS = ["nearest", "bilinear", "bicubic", "lanczos", "box"] as const;
const image = Float64Array.from({ length: 6 * 8 * 3 }, (_, at) => Math.sin(at * 1.3) * 100);
const size = { rows: 6, cols: 8, channels: 3 };

/** What float64 may be off. */
const TOLERANCE = { atol: 1e-10, rtol: 0 };

Deno.test("an image of the same size stays as it is", () => {
  for (const filter of FILTERS) {
    assertClose(resizeImage(image, size, size, filter), image, TOLERANCE, filter);
  }
});

Deno.test("a flat image stays flat in every size, down to a single pixel", () => {
  const flat = new Float64Array(48).fill(7);
  for (const filter of FILTERS) {
    for (const [rows, cols] of [[12, 16], [3, 4], [1, 1], [5, 23]] as const) {
      const to = { rows, cols };
      assertClose(
        resizeImage(flat, { rows: 6, cols: 8 }, to, filter),
        new Float64Array(rows * cols).fill(7),
        TOLERANCE,
        `${filter} to ${rows} by ${cols}`,
      );
    }
  }
});

Deno.test("halving by a box takes the mean of four pixels", () => {
  const half = resizeImage([1, 2, 3, 4], { rows: 2, cols: 2 }, { rows: 1, cols: 1 }, "box");
  assert.deepEqual([...half], [2.5]);
});

Deno.test("channels do not mix", () => {
  const wide = resizeImage(image, size, { rows: 11, cols: 5 }, "bicubic");
  for (const channel of [0, 1, 2]) {
    const plane = image.filter((_, at) => at % 3 === channel);
    const alone = resizeImage(plane, { rows: 6, cols: 8 }, { rows: 11, cols: 5 }, "bicubic");
    assertClose(wide.filter((_, at) => at % 3 === channel), alone, TOLERANCE, `channel ${channel}`);
  }
});

Deno.test("a bicubic edge overshoots and nothing clamps it", () => {
  const step = resizeImage([0, 0, 1, 1], { rows: 1, cols: 4 }, { rows: 1, cols: 8 }, "bicubic");
  assert.ok(Math.min(...step) < 0 && Math.max(...step) > 1);
});
