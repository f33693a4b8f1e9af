import assert from "node:assert/strict";
import type { Box3d } from "../boxes3d/box3d.ts";
import { evaluateWaymo, type WaymoFound, type WaymoTruth } from "./waymo.ts";

const at = (x: number, heading = 0): Box3d => ({
  center: [x, 0, 0],
  size: [4, 2, 2],
  heading,
});
const thing = (x: number, points = 100): WaymoTruth => ({ name: "Vehicle", box: at(x), points });
const box = (x: number, score: number, heading = 0): WaymoFound => ({
  name: "Vehicle",
  box: at(x, heading),
  score,
});
/** Vehicles, whole surroundings. */
function whole(truth: readonly WaymoTruth[], found: readonly WaymoFound[], level = 1) {
  const result = evaluateWaymo([{ truth, found }])
    .find(({ name, level: own }) => name === "Vehicle" && own === level);
  assert(result);
  return result;
}

function near(actual: number, expected: number): void {
  assert(Math.abs(actual - expected) < 1e-9, `${actual}, not ${expected}`);
}

Deno.test("precision is the area below the curve, the best at each recall and beyond", () => {
  const truth = [thing(10), thing(20), thing(25)];
  // Right, wrong, right, wrong; the third thing is not found.
  const found = [box(10, 0.9), box(60, 0.8), box(20, 0.7), box(70, 0.6)];
  const { ap, aph, things } = whole(truth, found);
  assert.equal(things, 3);
  // Precision 1 up to recall 1/3; 2/3 from the next point on that is a multiple of 0.05 before 2/3.
  const fall = 2 / 3 - 6 * 0.05;
  near(ap, 1 / 3 + (fall - 1 / 3) * 5 / 6 + (2 / 3 - fall) * 2 / 3);
  near(aph, ap);
});

Deno.test("headings weigh precision, recall they do not", () => {
  const { ap, aph } = whole([thing(10)], [box(10, 0.9, Math.PI)]);
  near(ap, 1);
  near(aph, 0);
  near(whole([thing(10)], [{ ...box(10, 0.9), box: at(10, -2 * Math.PI) }]).aph, 1);
  near(whole([thing(10)], [box(10, 0.9, 0.1)]).aph, 1 - 0.1 / Math.PI);
});

Deno.test("of several boxes the one that overlaps most stands for a thing", () => {
  const found = [box(10.3, 0.9, Math.PI), box(10, 0.5)];
  // From score 0.5 on the better box takes the thing and the surer one is wrong.
  const { ap, aph } = whole([thing(10)], found);
  near(ap, 1);
  near(aph, 0.5);
});

Deno.test("what is hard to see counts at level 2 only, and is no fault at level 1", () => {
  const truth = [thing(10), thing(20, 3), { ...thing(30), hard: true }, thing(40, 0)];
  const found = [box(10, 0.9), box(20, 0.95), box(30, 0.8)];
  assert.deepEqual([1, 2].map((level) => whole(truth, found, level).things), [1, 3]);
  near(whole(truth, found, 1).ap, 1);
  near(whole(truth, found, 2).ap, 1);
  near(whole(truth, [box(10, 0.9)], 1).ap, 1);
  near(whole(truth, [box(10, 0.9)], 2).ap, 1 / 3);
  assert(Number.isNaN(whole([], found, 1).ap));
});

Deno.test("boxes in zones without labels do not count, and ranges are looked at alone", () => {
  const zone = { ...box(60, 0.95), inNoLabelZone: true };
  near(whole([thing(10)], [zone, box(10, 0.9)]).ap, 1);
  near(whole([thing(10)], [box(60, 0.95), box(10, 0.9)]).ap, 0.5);
  const parts = evaluateWaymo([{ truth: [thing(10)], found: [box(60, 0.95), box(10, 0.9)] }])
    .filter(({ name, level }) => name === "Vehicle" && level === 1);
  assert.deepEqual(parts.map(({ ap }) => Number(ap.toFixed(9))), [0.5, 1, NaN, NaN]);
});
