import assert from "node:assert/strict";
import type { ScoredBox3d } from "@vicinity/vision";
import { parseCalibration, pictureBox } from "./calibration.ts";
import { cocoBoxes } from "./coco.ts";
import type { FoundInScan } from "./found.ts";
import { kittiLines } from "./kitti.ts";

/** The camera looks along x, 0.3 m in front of the scanner and 0.1 m above it, turned by nothing. */
const CALIBRATION = parseCalibration(
  [
    "P0: 1 0 0 0 0 1 0 0 0 0 1 0",
    "P2: 700 0 600 0 0 700 180 0 0 0 1 0",
    "R0_rect: 1 0 0 0 1 0 0 0 1",
    "Tr_velo_to_cam: 0 -1 0 0 0 0 -1 0.1 1 0 0 -0.3",
    "",
  ].join("\n"),
  "000001.txt",
);

function found(...boxes: Partial<ScoredBox3d>[]): FoundInScan {
  const whole = boxes.map((box): ScoredBox3d => ({
    center: [20, 2, -0.9],
    size: [4, 1.8, 1.6],
    heading: 0.4,
    classId: 0,
    score: 0.75,
    ...box,
  }));
  const scene = { scan: { positions: new Float32Array() }, boxes: whole };
  return {
    boxes: whole,
    everything: whole,
    near: scene,
    placed: scene,
    origin: [0, 0, 0],
    classes: [{ name: "Vehicle", color: [0, 0, 0] }, { name: "Traffic light", color: [0, 0, 0] }],
    stem: "000001",
  };
}

function fieldsOf(text: string): { name: string; numbers: number[] }[] {
  return text.trim().split("\n").filter((line) => line !== "").map((line) => {
    const [name = "", ...rest] = line.split(" ");
    return { name, numbers: rest.map(Number) };
  });
}

Deno.test("without a calibration axes are renamed and there is no rectangle", () => {
  const [line] = fieldsOf(kittiLines(found({})));
  assert.equal(line?.name, "Car");
  const turn = -0.4 - Math.PI / 2;
  const alpha = turn - Math.atan2(-2, 20);
  assert.deepEqual(
    line?.numbers,
    [-1, -1, alpha, 0, 0, 0, 0, 1.6, 1.8, 4, -2, 1.7, 20, turn, 0.75]
      .map((value) => Number(value.toFixed(4))),
  );
});

Deno.test("with a calibration boxes are where the camera has them", () => {
  const [line] = fieldsOf(kittiLines(found({}), CALIBRATION));
  assert.deepEqual(line?.numbers.slice(10, 13), [-2, 1.8, 19.7]);
  const [left = 0, top = 0, right = 0, bottom = 0] = line?.numbers.slice(3, 7) ?? [];
  // The middle of the box, 1 m below the camera, is at 600 - 700 * 2 / 19.7 and 180 + 700 / 19.7.
  assert.ok(left < 528.9 && right > 528.9 && top < 215.5 && bottom > 215.5);
  assert.ok(right - left > 700 * 1.8 / 22 && right - left < 700 * 4.4 / 17);
});

Deno.test("boxes that the camera does not see are left out of KITTI's files alone", () => {
  const all = found({}, { center: [-20, 0, -1] }, { center: [10, 60, -1] });
  assert.equal(fieldsOf(kittiLines(all, CALIBRATION)).length, 1);
  assert.equal(fieldsOf(kittiLines(all)).length, 3);
  const coco = cocoBoxes(all, CALIBRATION);
  assert.deepEqual(coco.map(({ bbox }) => bbox !== undefined), [true, false, false]);
  assert.deepEqual(coco[1]?.bbox3d, [-20, 0, -1, 4, 1.8, 1.6, 0.4]);
  assert.equal(coco[0]?.image_id, 1);
});

Deno.test("angles stay within half a turn and names are one word", () => {
  const lines = fieldsOf(kittiLines(found(
    { heading: 3, center: [-5, 0.1, 0] },
    { heading: -3, classId: 1 },
    { heading: 10 },
  )));
  for (const { numbers } of lines) {
    for (const angle of [numbers[2] ?? NaN, numbers[13] ?? NaN]) {
      assert.ok(angle > -Math.PI - 1e-4 && angle <= Math.PI + 1e-4, `${angle}`);
    }
  }
  assert.equal(lines[1]?.name, "Traffic_light");
});

Deno.test("a box around the camera covers its picture", () => {
  const around = { center: [0, 0, 0], size: [4, 4, 4], heading: 0 } as const;
  const rectangle = pictureBox(around, CALIBRATION);
  assert.deepEqual(rectangle, [0, 0, 1241, 374]);
});

Deno.test("a calibration with a matrix missing or short says which", () => {
  assert.throws(() => parseCalibration("P2: 1 2 3", "a.txt"), /it has no R0_rect/);
  const short = "R0_rect: 1 0 0 0 1 0 0 0 1\nTr_velo_to_cam: 1 2 3\nP2: 1";
  assert.throws(() => parseCalibration(short, "a.txt"), /Tr_velo_to_cam does not have 12 numbers/);
});
