import assert from "node:assert/strict";
import { assertClose } from "@vicinity/tensor/testing";
import { parseBoxLabels } from "./box_labels.ts";
import { parseKittiLabels } from "./kitti_labels.ts";
import { LabelError } from "./label_error.ts";
import { classOfLabel } from "./label_names.ts";

Deno.test("labels in JSON say where things are and how many points they have", () => {
  const file = {
    frame: 3,
    boxes: [
      { label: "Car", box: [1, 2, 3, 4, 5, 6, 0.5], num_points: 7, uuid: "a", stationary: true },
      { label: "Cones", box: [1, 2, 3, 4, 5, 6, -0.5], velocity: [1, 0] },
    ],
  };
  assert.deepEqual(parseBoxLabels(JSON.stringify(file)), [
    { name: "Car", points: 7, box: { center: [1, 2, 3], size: [4, 5, 6], heading: 0.5 } },
    {
      name: "Cones",
      box: { center: [1, 2, 3], size: [4, 5, 6], heading: -0.5, velocity: [1, 0] },
    },
  ]);
});

Deno.test("labels of another form are refused with what is wrong", () => {
  const refused: [string, RegExp][] = [
    ["{", /JSON/],
    ['{"boxes": [{"label": "Car", "box": [1, 2, 3]}]}', /boxes\.0\.box/],
    ['{"boxes": [{"box": [1, 2, 3, 4, 5, 6, 7]}]}', /boxes\.0\.label/],
    ["[]", /the file|boxes/],
  ];
  for (const [text, reason] of refused) {
    assert.throws(() => parseBoxLabels(text), (error) => {
      assert(error instanceof LabelError);
      assert.match(error.message, reason);
      return true;
    });
  }
});

const LINE = "Pedestrian 0.25 2 0.3 10 20 30 60 1.8 0.5 0.9 2 1.5 20 0.4";

Deno.test("KITTI's boxes stand on their places, with the camera's axes renamed", () => {
  const [walker, region, ...others] = parseKittiLabels(
    `${LINE}\r\n\nDontCare -1 -1 -10 500 170 590 190 -1 -1 -1 -1000 -1000 -1000 -10\n`,
  );
  assert.deepEqual(others, []);
  assert.equal(walker?.name, "Pedestrian");
  assert.deepEqual(walker?.bbox, [10, 20, 30, 60]);
  assert.equal(walker?.truncated, 0.25);
  assert.equal(walker?.occluded, 2);
  assert.deepEqual(walker?.box.size, [0.9, 0.5, 1.8]);
  assertClose(walker?.box.center ?? [], [20, -2, -1.5 + 0.9], 1e-12, "centre");
  assertClose([walker?.box.heading ?? NaN], [-0.4 - Math.PI / 2], 1e-12, "heading");
  assert.deepEqual(region?.box.size, [0, 0, 0]);
});

Deno.test("a calibration brings KITTI's boxes back to the scan", () => {
  const turn = 0.02;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  // Axes renamed, then turned a little about the camera's y axis, then moved.
  const cameraFromScan = [
    ...[sin, -cos, 0, 0.1],
    ...[0, 0, -1, -0.08],
    ...[cos, sin, 0, -0.27],
  ];
  const place = [12, 3, -1.6] as const;
  const seen = [0, 1, 2].map((row) =>
    place.reduce(
      (sum, value, axis) => sum + value * (cameraFromScan[4 * row + axis] ?? 0),
      cameraFromScan[4 * row + 3] ?? 0,
    )
  );
  const line = `Car 0 0 0 0 0 9 9 1.5 1.6 4 ${seen.join(" ")} -1.5707963 0.75`;
  const [car] = parseKittiLabels(line, { cameraFromScan });
  assertClose(car?.box.center ?? [], [12, 3, -1.6 + 0.75], 1e-12, "centre");
});

Deno.test("lines with too few numbers are refused", () => {
  assert.throws(() => parseKittiLabels(`${LINE}\nCar 1 2 3`), /line 2/);
  assert.throws(() => parseKittiLabels(`${LINE} 0.5 1`), LabelError);
  assert.throws(() => parseKittiLabels(LINE, { cameraFromScan: Array(12).fill(0) }), LabelError);
});

Deno.test("labels stand for the closest class that a model has", () => {
  const waymo = ["Vehicle", "Pedestrian", "Cyclist"];
  const nuscenes = ["car", "truck", "construction_vehicle", "pedestrian", "traffic_cone"];
  const pairs: [string, string | undefined, string | undefined][] = [
    ["Car", "Vehicle", "car"],
    ["Other Vehicle - Construction Vehicle", "Vehicle", "construction_vehicle"],
    ["Pedestrian with Object", "Pedestrian", "pedestrian"],
    ["Cones", undefined, "traffic_cone"],
    ["Motorcycle", "Cyclist", undefined],
    ["DontCare", undefined, undefined],
  ];
  for (const [label, ...expected] of pairs) {
    assert.deepEqual([waymo, nuscenes].map((names) => classOfLabel(label, names)), expected);
  }
});
