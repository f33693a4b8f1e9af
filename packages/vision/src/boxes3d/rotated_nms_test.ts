import assert from "node:assert/strict";
import type { Box3d } from "./box3d.ts";
import { rotatedNms } from "./rotated_nms.ts";

const at = (x: number, heading = 0): Box3d => ({ center: [x, 0, 0], size: [4, 2, 2], heading });

Deno.test("a box goes when a surer one that stays overlaps with it by more than the threshold", () => {
  // Neighbours overlap by one third; the one in the middle covers both, but goes itself.
  const row = [at(0), at(2), at(4)];
  assert.deepEqual(rotatedNms(row, [0.9, 0.8, 0.7], { threshold: 0.3 }), [0, 2]);
  assert.deepEqual(rotatedNms(row, [0.7, 0.9, 0.8], { threshold: 0.3 }), [1]);
  assert.deepEqual(rotatedNms([], [], { threshold: 0.3 }), []);
});

Deno.test("an overlap that is the threshold leaves both, equal scores keep their order", () => {
  const pair = [at(0), at(2)];
  assert.deepEqual(rotatedNms(pair, [0.5, 0.5], { threshold: 1 / 3 }), [0, 1]);
  assert.deepEqual(rotatedNms(pair, [0.5, 0.5], { threshold: 0.333 }), [0]);
});

Deno.test("only the surest are looked at, and so many are kept", () => {
  const apart = [at(0), at(100), at(200), at(300)];
  const scores = [0.1, 0.4, 0.3, 0.2];
  assert.deepEqual(rotatedNms(apart, scores, { threshold: 0.5, preMax: 3 }), [1, 2, 3]);
  assert.deepEqual(rotatedNms(apart, scores, { threshold: 0.5, postMax: 2 }), [1, 2]);
});

Deno.test("the official turn keeps cars in a row and drops cars side by side", () => {
  const options = { threshold: 0.2, rule: "quarter turn" } as const;
  const inRow = [at(0), at(3)];
  const abreast: Box3d[] = [at(0), { ...at(0), center: [0, 2.1, 0] }];
  assert.deepEqual(rotatedNms(inRow, [0.9, 0.8], options), [0, 1]);
  assert.deepEqual(rotatedNms(abreast, [0.9, 0.8], options), [0]);
  assert.deepEqual(rotatedNms(abreast, [0.9, 0.8], { threshold: 0.2 }), [0, 1]);
});
