import assert from "node:assert/strict";
import { assertClose } from "@vicinity/tensor/testing";
import { type CenterDecodeOptions, decodeCenters } from "./center_decode.ts";
import type { Box3dNmsConfig } from "./head_config.ts";

const NMS: Box3dNmsConfig = {
  type: "multi_class_nms",
  thresholds: [0.2, 0.2],
  before: [100, 100],
  after: [100, 100],
};

function options(nms: Partial<Box3dNmsConfig> = {}): CenterDecodeOptions {
  return {
    classes: ["car", "person"],
    range: { min: [0, 0, -2], max: [100, 100, 2] },
    voxelSize: [1, 1, 4],
    columns: 100,
    group: 0,
    head: {
      kind: "center",
      groups: [["car", "person"]],
      sharedChannels: 1,
      biasBeforeNorm: false,
      heatmapConvs: 2,
      branches: [],
      stride: 1,
      scoreThreshold: 0.3,
      centerRange: [0, 0, -2, 50, 50, 2],
      maxObjects: 100,
      iouRectifier: [0.5, 0],
      nms: { ...NMS, ...nms },
    },
  };
}

interface Candidate {
  readonly at: readonly [x: number, y: number];
  readonly score: number;
  readonly classId?: number;
  readonly iou?: number;
}

/** Boxes of 4 by 2 m along x. */
function found(candidates: readonly Candidate[], more: Partial<CenterDecodeOptions> = {}) {
  const outputs = {
    logits: candidates.map(({ score }) => Math.log(score / (1 - score))),
    classIds: candidates.map(({ classId = 0 }) => classId),
    places: candidates.map(({ at: [x, y] }) => 100 * Math.floor(y) + Math.floor(x)),
    center: candidates.flatMap(({ at }) => at.map((value) => value - Math.floor(value))),
    center_z: candidates.map(() => 0),
    dim: candidates.flatMap(() => [4, 2, 2].map(Math.log)),
    rot: candidates.flatMap(() => [1, 0]),
    iou: candidates.map(({ iou = 1 }) => iou),
  };
  return decodeCenters(outputs, { ...options(), ...more });
}

const places = (boxes: ReturnType<typeof found>) => boxes.map(({ center }) => center.slice(0, 2));

Deno.test("scores count before they are mixed with the predicted overlap", () => {
  const boxes = found([
    { at: [10, 10], score: 0.5, iou: 0 },
    { at: [20, 10], score: 0.29, iou: 1 },
    { at: [30, 10], score: 0.5, iou: -3 },
    { at: [40, 10], score: 0.5, iou: 0, classId: 1 },
  ]);
  assertClose(boxes.map(({ score }) => score), [0.5, 0, 0.5], 1e-9, "scores");
  assert.deepEqual(places(boxes), [[10, 10], [30, 10], [40, 10]]);
});

Deno.test("centres on the end of the range count, those behind it do not", () => {
  const boxes = found([{ at: [50, 10], score: 0.9 }, { at: [50.01, 20], score: 0.9 }]);
  assert.deepEqual(places(boxes), [[50, 10]]);
});

Deno.test("the official suppression is turned, the correct one is not", () => {
  const inRow = [{ at: [10, 10], score: 0.9 }, { at: [13, 10], score: 0.8 }] as const;
  const abreast = [{ at: [10, 10], score: 0.9 }, { at: [10, 12.1], score: 0.8 }] as const;
  assert.equal(found(inRow).length, 2);
  assert.equal(found(abreast).length, 1);
  assert.equal(found(abreast, { nms: "correct" }).length, 2);
  const close = [{ at: [10, 10], score: 0.9 }, { at: [12.5, 10], score: 0.8 }] as const;
  assert.equal(found(close, { nms: "correct" }).length, 1);
  const { head } = options({ type: "class_specific_nms" });
  assert.equal(found(abreast, { head }).length, 2);
  assert.equal(found(close, { head }).length, 1);
});

Deno.test("classes suppress each other only where all are looked at together", () => {
  const same = [{ at: [10, 10], score: 0.9 }, { at: [10, 10], score: 0.8, classId: 1 }] as const;
  assert.equal(found(same).length, 2);
  const { head } = options({ type: "nms_gpu", thresholds: [0.2] });
  assert.equal(found(same, { head }).length, 1);
});

Deno.test("counts and least scores are those of each class", () => {
  const row = [10, 20, 30, 40].flatMap((x) =>
    [0, 1].map((classId) => ({
      at: [x, 10 + 10 * classId] as const,
      score: 0.5 + x / 100,
      classId,
    }))
  );
  const { head } = options({ after: [1, 3], scoreThresholds: [0, 0.75] });
  const boxes = found(row, { head });
  assert.deepEqual(places(boxes), [[40, 10], [40, 20], [30, 20]]);
});
