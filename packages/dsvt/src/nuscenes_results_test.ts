import assert from "node:assert/strict";
import type { ScoredBox3d } from "@vicinity/vision";
import { nuScenesResults } from "./nuscenes_results.ts";

const CLASSES = ["car", "pedestrian", "barrier"];
const BOX: ScoredBox3d = {
  center: [1, 2, 3],
  size: [4, 2, 1.5],
  heading: 0.3,
  velocity: [2, 0],
  classId: 0,
  score: 0.5,
};

/** Applies a unit quaternion. */
function turn([w, x, y, z]: readonly [number, number, number, number], v: readonly number[]) {
  const [a = 0, b = 0, c = 0] = v;
  return [
    (1 - 2 * (y * y + z * z)) * a + 2 * (x * y - w * z) * b + 2 * (x * z + w * y) * c,
    2 * (x * y + w * z) * a + (1 - 2 * (x * x + z * z)) * b + 2 * (y * z - w * x) * c,
    2 * (x * z - w * y) * a + 2 * (y * z + w * x) * b + (1 - 2 * (x * x + y * y)) * c,
  ];
}

function assertNear(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, index) => {
    assert(Math.abs(value - (expected[index] ?? NaN)) < 1e-9, `[${actual}], not [${expected}]`);
  });
}

Deno.test("boxes without a motion stay where they are", () => {
  const { results, meta } = nuScenesResults([{ sampleToken: "a", boxes: [BOX] }], CLASSES);
  const [box] = results["a"] ?? [];
  assert(box);
  assert.equal(meta.use_lidar, true);
  assert.deepEqual(box.translation, [1, 2, 3]);
  assert.deepEqual(box.size, [2, 4, 1.5]);
  assertNear(box.rotation, [Math.cos(0.15), 0, 0, Math.sin(0.15)]);
  assertNear(box.velocity, [2, 0]);
  assert.equal(box.detection_name, "car");
  assert.equal(box.attribute_name, "vehicle.moving");
});

Deno.test("a motion turns boxes, their headings and velocities, about any axis", () => {
  const axes = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0.5, 0.5, 0.5, 0.5], [
    0.1,
    0.7,
    0.7,
    0.1,
  ]];
  for (const axis of axes) {
    const norm = Math.hypot(...axis);
    const [w = 0, x = 0, y = 0, z = 0] = axis.map((value) => value / norm);
    const rotation = [w, x, y, z] as const;
    const [ex, ey, ez] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map((unit) => turn(rotation, unit));
    const globalFromScan = [0, 1, 2].flatMap((row) => [
      ...[ex, ey, ez].map((column) => column?.[row] ?? NaN),
      10 * row,
    ]);
    globalFromScan.push(0, 0, 0, 1);
    for (const heading of [0, 1.2, Math.PI, -2]) {
      const scan = { sampleToken: "a", boxes: [{ ...BOX, heading }], globalFromScan };
      const [box] = nuScenesResults([scan], CLASSES).results["a"] ?? [];
      assert(box);
      const [mx = 0, my = 0, mz = 0] = turn(rotation, BOX.center);
      assertNear(box.translation, [mx, my + 10, mz + 20]);
      const forward = turn(rotation, [Math.cos(heading), Math.sin(heading), 0]);
      assertNear(turn(box.rotation, [1, 0, 0]), forward);
      assertNear(turn(box.rotation, [0, 0, 1]), turn(rotation, [0, 0, 1]));
      assertNear(box.velocity, turn(rotation, [2, 0, 0]).slice(0, 2));
    }
  }
});

Deno.test("a key frame has 500 boxes at most, the surest first", () => {
  const boxes = Array.from({ length: 600 }, (_, index) => ({ ...BOX, score: index / 600 }));
  const { results } = nuScenesResults([{ sampleToken: "a", boxes }], CLASSES);
  const scores = (results["a"] ?? []).map((box) => box.detection_score);
  assert.equal(scores.length, 500);
  assert.equal(scores[0], 599 / 600);
  assert.equal(scores[499], 100 / 600);
});

Deno.test("people stand or walk, barriers do nothing", () => {
  const boxes = [
    { ...BOX, classId: 1, velocity: [0.1, 0.1] as const, score: 0.9 },
    { ...BOX, classId: 1, velocity: [1, 1] as const, score: 0.8 },
    { ...BOX, classId: 2, score: 0.7 },
  ];
  const { results } = nuScenesResults([{ sampleToken: "a", boxes }], CLASSES);
  const attributes = (results["a"] ?? []).map((box) => box.attribute_name);
  assert.deepEqual(attributes, ["pedestrian.standing", "pedestrian.moving", ""]);
});
