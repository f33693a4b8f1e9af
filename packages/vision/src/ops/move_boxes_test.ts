import assert from "node:assert/strict";
import { open, ShapeError } from "@vicinity/tensor";
import { assertClose, unitValues } from "@vicinity/tensor/testing";
import { decodeBoxes } from "../boxes.ts";
import { anchorsOf } from "../detection/anchors.ts";
import { NOTHING } from "../kernels/move_boxes.ts";
import { testBoxes } from "../testing/boxes.ts";
import { classScores, moveAnchors, moveByClass, moveRegions } from "./move_boxes.ts";

const CLIP = [50, 70] as const;
const STDS = [0.1, 0.1, 0.2, 0.2] as const;

/** Values in [-scale, scale). */
const spread = (count: number, seed: number, scale: number) =>
  unitValues(count, seed).map((value) => scale * (2 * value - 1));

Deno.test("proposals are anchors moved by their deltas, small ones score nothing", async () => {
  using gpu = await open({ defaultLimits: true });
  const config = { scales: [2, 3], ratios: [0.5, 1, 2], strides: [4, 8] };
  const [kinds, height, width, level, minSize] = [6, 5, 7, 1, 6];
  const anchors = anchorsOf(config);
  const deltas = spread(height * width * kinds * 4, 1, 2);
  const indices = Uint32Array.of(0, 209, 17, 100, 6);
  const logits = Float32Array.of(3, 1, 0, -2, -30);
  const boxes = gpu.tensor([2, 9, 4], new Float32Array(72));
  const scores = gpu.tensor([2, 9], new Float32Array(18));
  moveAnchors({ boxes, scores }, {
    level,
    logits: gpu.tensor([5], logits),
    indices: gpu.tensor([5], indices),
    deltas: gpu.tensor([1, height, width, 4 * kinds], deltas),
    stride: 8,
  }, {
    anchors: gpu.tensor([2, kinds, 4], anchors),
    clip: gpu.tensor([2], Float32Array.from(CLIP)),
    minSize,
  });
  const [places = [], likely = []] = await gpu.read([boxes, scores]);
  const shifted = [...indices].flatMap((index) => {
    const place = Math.floor(index / kinds);
    const [x, y] = [8 * (place % width), 8 * Math.floor(place / width)];
    const start = 4 * (kinds * level + index % kinds);
    return [...anchors.subarray(start, start + 4)].map((edge, i) => edge + (i % 2 === 0 ? x : y));
  });
  const wanted = decodeBoxes(
    shifted,
    [...indices].flatMap((index) => [...deltas.subarray(4 * index, 4 * index + 4)]),
    { stds: [1, 1, 1, 1], clip: CLIP },
  );
  assertClose(places.slice(36, 56), wanted, 1e-5, "boxes");
  assert.deepEqual([...places.slice(0, 36), ...places.slice(56)], Array(52).fill(0));
  const large = [...indices.keys()].map((at) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = wanted.subarray(4 * at, 4 * at + 4);
    return Math.min(x2 - x1, y2 - y1) > minSize;
  });
  assert.ok(large.includes(true) && large.includes(false));
  const sigmoid = [...logits].map((logit, at) => large[at] ? 1 / (1 + Math.exp(-logit)) : NOTHING);
  assertClose(likely.slice(9), [...sigmoid, ...Array(4).fill(NOTHING)], 1e-6, "scores");
});

Deno.test("regions follow their likeliest class, boxes of all classes their order", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [count, classes] of [[1, 1], [9, 3], [67, 80]] as const) {
    const regions = testBoxes(count, CLIP, 4);
    const logits = spread(count * (classes + 1), 5, 3);
    const deltas = spread(count * 4 * classes, 6, 5);
    const prediction = {
      regions: gpu.tensor([count, 4], regions),
      logits: gpu.tensor([count, classes + 1], logits),
      deltas: gpu.tensor([count, 4 * classes], deltas),
    };
    const clip = gpu.tensor([2], Float32Array.from(CLIP));
    const movedBy = (region: number, classId: number) => {
      const start = 4 * (region * classes + classId);
      const box = regions.subarray(4 * region, 4 * region + 4);
      return decodeBoxes(box, deltas.subarray(start, start + 4), { stds: STDS, clip: CLIP });
    };
    const best = Array.from({ length: count }, (_, region) => {
      const own = logits.subarray(region * (classes + 1), (region + 1) * (classes + 1) - 1);
      return own.indexOf(Math.max(...own));
    });
    const order = Uint32Array.from({ length: classes * count }, (_, at) => (at * 5 + 3) % count);
    const scores = Float32Array.from(order, (_, at) => at % count < count / 2 ? 1 : NOTHING);
    const [refined = [], ranked = []] = await gpu.read([
      moveRegions(prediction, STDS, clip),
      moveByClass(prediction, {
        values: gpu.tensor([classes, count], scores),
        indices: gpu.tensor([classes, count], order),
      }, { stds: STDS, clip, scale: gpu.tensor([4], Float32Array.of(2, 4, 2, 4)) }),
    ]);
    assertClose(refined, best.flatMap((id, region) => [...movedBy(region, id)]), 1e-5, "regions");
    const expected = [...order].flatMap((region, at) =>
      at % count < count / 2
        ? [...movedBy(region, Math.floor(at / count))].map((edge, i) =>
          edge / (i % 2 === 0 ? 2 : 4)
        )
        : [0, 0, 0, 0]
    );
    assertClose(ranked, expected, 1e-5, "boxes by class");
  }
});

Deno.test("scores count above the threshold, and for regions that are there", async () => {
  using gpu = await open();
  const probabilities = Float32Array.of(0.5, 0.25, 0.25, 0.125, 0.75, 0.125);
  const objectness = Float32Array.of(0.5, NOTHING);
  const [scores = []] = await gpu.read([
    classScores(gpu.tensor([2, 3], probabilities), gpu.tensor([2], objectness), 0.25),
  ]);
  const none = Math.fround(NOTHING);
  assert.deepEqual([...scores], [0.5, none, none, none]);
});

Deno.test("deltas of another number of classes are refused", async () => {
  using gpu = await open();
  const regions = gpu.tensor([1, 4], new Float32Array(4));
  const logits = gpu.tensor([1, 3], new Float32Array(3));
  const deltas = gpu.tensor([1, 12], new Float32Array(12));
  const clip = gpu.tensor([2], Float32Array.from(CLIP));
  assert.throws(() => moveRegions({ regions, logits, deltas }, STDS, clip), ShapeError);
});
