import assert from "node:assert/strict";
import { ABSENT, dense, gathered, keysOf, segments, sparseLocal, window } from "./vicinity.ts";

const sorted = (tokens: readonly number[]) => tokens.toSorted((a, b) => a - b);

Deno.test("windows hold every token once, whatever the size and shift", () => {
  for (const [rows, cols] of [[1, 1], [5, 7], [8, 12], [13, 3]] as const) {
    for (const size of [[1, 1], [2, 3], [4, 4], [20, 20]] as const) {
      for (const shift of [[0, 0], [1, 1], [2, 0]] as const) {
        const { queries, keys } = window({ grid: [rows, cols], size, shift });
        const all = Array.from({ length: rows * cols }, (_, token) => token);
        assert.deepEqual(sorted(queries.flat().filter((token) => token !== ABSENT)), all);
        assert.deepEqual(keys, [queries]);
        assert(queries.every((tokens) => tokens.length === size[0] * size[1]));
      }
    }
  }
});

Deno.test("tokens of windows at the border keep their places", () => {
  const { queries } = window({ grid: [1, 5], size: [1, 3], shift: [0, 1] });
  assert.deepEqual(queries, [[ABSENT, ABSENT, 0], [1, 2, 3], [4, ABSENT, ABSENT]]);
});

Deno.test("windows of a video lie in one frame, frame by frame, row by row", () => {
  const { windows } = sparseLocal({ grid: [2, 2, 3], window: [1, 2], topk: 1 });
  assert.deepEqual(windows, [[0, 1], [2], [3, 4], [5], [6, 7], [8], [9, 10], [11]]);
});

Deno.test("keys of a query are those of its group, its head and its partners", () => {
  assert.deepEqual(keysOf(dense(), 7, { keys: 2 }), [0, 1]);
  const lists = gathered({ queries: [[1], [0]], headKeys: [[[5], [6]], [[7], [8, 9]]] });
  assert.deepEqual(keysOf(lists, 0, { keys: 10, head: 1 }), [8, 9]);
  assert.deepEqual(keysOf(lists, 3, { keys: 10 }), []);
  const local = sparseLocal({ grid: [1, 1, 6], window: [1, 2], topk: 1 });
  assert.deepEqual(keysOf(local, 3, { keys: 6, partners: [[], [2], []] }), [2, 3, 4, 5]);
});

Deno.test("keys in a stretch are its tokens, a token in none sees nothing", () => {
  const sets = segments(Uint32Array.of(4, 0, 2, 1), Uint32Array.of(0, 0, 3, 3, 4));
  assert.deepEqual([0, 1, 2, 3, 4].map((query) => keysOf(sets, query, { keys: 5 })), [
    [4, 0, 2],
    [1],
    [4, 0, 2],
    [],
    [4, 0, 2],
  ]);
  assert.throws(() => segments(Uint32Array.of(1, 2), Uint32Array.of(0, 1)), /from 0 to 2/);
  assert.throws(() => segments(Uint32Array.of(1, 2), Uint32Array.of(0, 2, 1, 2)), /rise/);
});
