import assert from "node:assert/strict";
import { partition } from "./partition.ts";
import { relayFactors, relayPositions } from "./relay_rotary.ts";

Deno.test("relay tokens count frames, tiles and tokens", () => {
  const cut = partition({ size: 64, grid: 2, tile: 48 }, [64, 20]);
  assert.deepEqual(relayPositions(cut, 2, 2), [
    [0, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 1, 1, 0],
    [1, 0, 0, 0],
    [1, 1, 0, 0],
    [1, 0, 1, 0],
    [1, 1, 1, 0],
  ]);
});

Deno.test("the position code mixes channels whose angles differ", () => {
  const { own, other } = relayFactors([[2, 0, 0, 3]], 40);
  const near = (actual: number | undefined, expected: number) =>
    assert.ok(Math.abs((actual ?? NaN) - expected) < 1e-6, `${actual} ${expected}`);
  near(own[0], Math.cos(2));
  near(own[1], Math.cos(2));
  near(own[2], Math.cos(0.2));
  near(own[4], Math.cos(0.02));
  near(other[0], -Math.sin(2));
  near(other[4], Math.sin(0.02));
  near(own[24], Math.cos(3));
  near(other[31], Math.sin(0.003));
  // Position 0, and channels behind the 32nd, stay as they are.
  for (const channel of [8, 15, 16, 32, 39]) {
    near(own[channel], 1);
    near(other[channel], 0);
  }
});
