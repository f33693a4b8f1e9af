import assert from "node:assert/strict";
import { sideBySide } from "./compare.ts";

const SIZE = { width: 40, height: 30 };
const LENGTH = SIZE.width * SIZE.height * 3;

Deno.test("pictures of 16 bits are compared in 16 bits, with letters as bright as the line", () => {
  const left = { ...SIZE, data: new Uint16Array(LENGTH).fill(40_001) };
  const right = { ...SIZE, data: new Uint16Array(LENGTH).fill(999) };
  for (const [white, expected] of [[1, 65_535], [0.58, 38_010]] as const) {
    const both = sideBySide(left, right, { labels: ["a", "b"], white });
    assert.deepEqual([both.width, both.height], [82, 30]);
    assert(both.data instanceof Uint16Array);
    // Both pictures, both darkened plates, and one white for the line and the letters.
    const rising = (a: number, b: number) => a - b;
    const samples = [...new Set(both.data)].sort(rising);
    assert.deepEqual(samples, [249, 999, 10_000, expected, 40_001].sort(rising));
  }
});
