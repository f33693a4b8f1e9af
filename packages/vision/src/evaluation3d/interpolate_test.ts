import assert from "node:assert/strict";
import { interpolate } from "./interpolate.ts";

Deno.test("a line is followed between its places, and continued before and behind them", () => {
  const line = { x: [1, 2, 4], y: [10, 20, 0] };
  assert.deepEqual(interpolate([0, 1, 1.5, 2, 3, 4, 5], line), [10, 10, 15, 20, 10, 0, 0]);
  assert.deepEqual(interpolate([4, 5], { ...line, beyond: -1 }), [0, -1]);
});

Deno.test("of several values at one place the last one counts", () => {
  const steps = { x: [0, 1, 1, 1, 2], y: [5, 4, 3, 2, 1] };
  assert.deepEqual(interpolate([0.5, 1, 1.5, 2], steps), [4.5, 2, 1.5, 1]);
  assert.deepEqual(interpolate([-1, 0, 1], { x: [0, 0], y: [1, 2] }), [1, 2, 2]);
});
