import assert from "node:assert/strict";
import type { Box3d } from "../boxes3d/box3d.ts";
import { evaluateCenterDistance } from "./center_distance.ts";

const at = (x: number): Box3d => ({ center: [x, 0, 0], size: [4, 2, 2], heading: 0 });
const round = (values: readonly number[] = []) => values.map((value) => Number(value.toFixed(6)));

Deno.test("each thing is found once, by the surest box that is near enough", () => {
  const truth = [10, 20].map((x) => ({ name: "car", box: at(x) }));
  const found = [
    { name: "car", box: at(10.3), score: 0.9 },
    { name: "car", box: at(10.1), score: 0.8 },
    { name: "car", box: at(21.5), score: 0.7 },
    { name: "tree", box: at(20), score: 1 },
  ];
  const [cars, trees] = evaluateCenterDistance([{ truth, found }], { classes: ["car", "tree"] });
  // At 0.5 m and 1 m recall ends at one half, where one box of three is right: 39 recalls between 0.1
  // and 0.5 have precision 1, recall 0.5 has 1/3.
  const half = (39 + (1 / 3 - 0.1) / 0.9) / 90;
  assert.deepEqual(round(cars?.ap.slice(0, 2)), round([half, half]));
  assert((cars?.ap[2] ?? 0) > 0.6 && (cars?.ap[2] ?? 0) < 0.9);
  assert.equal(cars?.things, 2);
  assert.deepEqual(trees?.ap, [0, 0, 0, 0]);
});

Deno.test("things with too few points do not count, those without a count do", () => {
  const truth = [
    { name: "car", box: at(10), points: 4 },
    { name: "car", box: at(20) },
  ];
  const found = [{ name: "car", box: at(20), score: 1 }];
  const ap = (leastPoints: number) => {
    const options = { classes: ["car"], distances: [1], leastPoints };
    return evaluateCenterDistance([{ truth, found }], options)[0];
  };
  assert.equal(round([ap(5)?.meanAp ?? NaN])[0], 1);
  assert.equal(ap(5)?.things, 1);
  assert.equal(ap(4)?.things, 2);
  assert((ap(4)?.meanAp ?? 1) < 0.5);
});
