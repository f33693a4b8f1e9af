import assert from "node:assert/strict";
import { sortedOrder } from "./radix_sort.ts";

Deno.test("keys of any width are sorted, equal ones keep their order", () => {
  for (const end of [1, 2, 5000, 2 ** 18, 2 ** 24 + 3, 2 ** 32]) {
    let state = end % 9973 + 1;
    const keys = Uint32Array.from({ length: 3000 }, () => {
      state = state * 48271 % 2147483647;
      // A few keys are drawn often.
      return state % 7 === 0 ? end - 1 : Math.floor(state / 2147483647 * end);
    });
    const expected = [...keys.keys()].sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
    assert.deepEqual([...sortedOrder(keys, end)], expected, `below ${end}`);
  }
  assert.deepEqual([...sortedOrder(new Uint32Array(0), 10)], []);
});

Deno.test("some of the keys are sorted without the others", () => {
  const keys = Uint32Array.of(9, 99999, 3, 3, 7);
  assert.deepEqual([...sortedOrder(keys, 10, Uint32Array.of(0, 2, 3))], [2, 3, 0]);
});
