import assert from "node:assert/strict";
import { windowsOf } from "./windows.ts";

Deno.test("windows cover the picture, share enough, and their shares add up to 1", () => {
  for (const [height, width] of [[1, 1], [100, 256], [257, 300], [1000, 640], [289, 2000]]) {
    if (height === undefined || width === undefined) continue;
    const windows = windowsOf([height, width], 256);
    const total = new Float64Array(height * width);
    for (const { top, left, rows, cols } of windows) {
      assert.equal(rows.length, Math.min(256, height));
      assert.equal(cols.length, Math.min(256, width));
      assert.ok(top + rows.length <= height && left + cols.length <= width);
      rows.forEach((row, y) =>
        cols.forEach((col, x) => {
          const at = (top + y) * width + left + x;
          total[at] = (total[at] ?? 0) + row * col;
        })
      );
    }
    assert.ok(total.every((share) => Math.abs(share - 1) < 1e-5), `${height} x ${width}`);
    const tops = [...new Set(windows.map(({ top }) => top))];
    for (const [index, top] of tops.entries()) {
      const next = tops[index + 1];
      if (next !== undefined) assert.ok(top + 256 - next >= 32);
    }
  }
});

Deno.test("a picture of the canvas's size or less is one window", () => {
  assert.equal(windowsOf([256, 256], 256).length, 1);
  assert.deepEqual([...windowsOf([2, 1], 256)[0]?.rows ?? []], [1, 1]);
});
