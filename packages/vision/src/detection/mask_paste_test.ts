import assert from "node:assert/strict";
import { pasteMask, pasteValues, type SoftMask } from "./mask_paste.ts";

const FULL: SoftMask = { side: 4, probabilities: new Float32Array(16).fill(1) };
const PHOTO = { width: 12, height: 10 };

/** Columns and rows of the first and the last pixel of a mask. */
function boundsOf({ x, y, width, data }: ReturnType<typeof pasteMask>): number[] {
  const inside = [...data.keys()].filter((at) => data[at] === 1);
  const columns = inside.map((at) => x + at % width);
  const rows = inside.map((at) => y + Math.floor(at / width));
  return [Math.min(...columns), Math.min(...rows), Math.max(...columns), Math.max(...rows)];
}

Deno.test("a full mask covers the pixels whose centres lie in the box", () => {
  assert.deepEqual(boundsOf(pasteMask(FULL, [2.4, 3.6, 6.6, 8.4], PHOTO)), [2, 4, 6, 7]);
  assert.deepEqual(boundsOf(pasteMask(FULL, [-3, -3, 20, 20], PHOTO)), [0, 0, 11, 9]);
});

Deno.test("half a place around the box fades to nothing", () => {
  const { x, y, width, values } = pasteValues(FULL, [4, 4, 8, 8], PHOTO);
  const at = (column: number, row: number) => values[(row - y) * width + column - x];
  assert.equal(at(4, 4), 1);
  assert.deepEqual([x, y, at(3, 5)], [3, 3, 0]);
  assert.equal(pasteValues(FULL, [4, 4, 12, 8], PHOTO).values[0], 0);
  assert.equal(boundsOf(pasteMask(FULL, [4.2, 4.2, 12.2, 8.2], PHOTO, 0.3))[0], 4);
  assert.equal(boundsOf(pasteMask(FULL, [4.7, 4.2, 12.7, 8.2], PHOTO, 0.3))[0], 4);
});

Deno.test("a box without width is seen at its centre from the whole line", () => {
  const { width, height, data } = pasteMask(FULL, [5, 2, 5, 6], PHOTO);
  assert.deepEqual([width, height, data.filter((pixel) => pixel === 1).length], [12, 6, 48]);
  const on = pasteMask(FULL, [5.5, 2, 5.5, 6], PHOTO);
  assert.equal(on.data.filter((pixel) => pixel === 1).length, 44);
});

Deno.test("a box outside of the photograph has no pixels", () => {
  assert.equal(pasteMask(FULL, [20, 20, 30, 30], PHOTO).data.length, 0);
});
