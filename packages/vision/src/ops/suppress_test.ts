import assert from "node:assert/strict";
import { open, ShapeError } from "@vicinity/tensor";
import { unitValues } from "@vicinity/tensor/testing";
import { NOTHING } from "../kernels/move_boxes.ts";
import { nms } from "../nms.ts";
import { testBoxes } from "../testing/boxes.ts";
import { suppress } from "./suppress.ts";

/** Groups and boxes of each, on both sides of whole words. */
const CASES = [[1, 1], [3, 31], [2, 32], [2, 33], [5, 100], [1, 1001]] as const;

Deno.test("the boxes that stay are those of a loop over all boxes, in every group", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [groups, count] of CASES) {
    for (const threshold of [0, 0.3, 0.7]) {
      using _scope = gpu.scope();
      const boxes = testBoxes(groups * count, [40, 60], count);
      const scores = unitValues(groups * count, 3);
      const expected: number[] = [];
      for (let group = 0; group < groups; group++) {
        const own = scores.subarray(group * count, (group + 1) * count).sort().reverse();
        // Every fifth box is none.
        for (let index = 4; index < count; index += 5) own[index] = NOTHING;
        const there = Array.from(own.keys()).filter((index) => (own[index] ?? 0) > NOTHING);
        const at = (index: number) => 4 * (group * count + index);
        const stay = nms(
          there.flatMap((index) => [...boxes.subarray(at(index), at(index) + 4)]),
          there.map((index) => own[index] ?? 0),
          threshold,
        ).map((place) => there[place]);
        expected.push(...own.map((score, index) => stay.includes(index) ? score : NOTHING));
      }
      const [kept = []] = await gpu.read([
        suppress(
          gpu.tensor([groups, count, 4], boxes),
          gpu.tensor([groups, count], scores),
          threshold,
        ),
      ]);
      const none = Math.fround(NOTHING);
      assert.deepEqual(
        [...kept],
        expected.map((score) => score === NOTHING ? none : score),
        `${groups} × ${count}, ${threshold}`,
      );
    }
  }
});

Deno.test("a chain of boxes that each cover the next keeps every second one", async () => {
  using gpu = await open();
  const count = 130;
  const boxes = Array.from({ length: count }, (_, index) => [index, 0, index + 1.8, 1]).flat();
  const scores = Float32Array.from({ length: count }, (_, index) => 1 - index / count);
  const [kept = []] = await gpu.read([
    suppress(
      gpu.tensor([1, count, 4], Float32Array.from(boxes)),
      gpu.tensor([1, count], scores),
      0.25,
    ),
  ]);
  assert.deepEqual([...kept].map((score) => score > 0), Array.from(kept, (_, at) => at % 2 === 0));
});

Deno.test("boxes and scores of other extents are refused, no boxes at all are fine", async () => {
  using gpu = await open();
  const scores = gpu.tensor([1, 2], new Float32Array(2));
  assert.throws(() => suppress(gpu.tensor([2, 4], new Float32Array(8)), scores, 0.5), ShapeError);
  assert.deepEqual(suppress(gpu.empty([2, 0, 4]), gpu.empty([2, 0]), 0.5).shape, [2, 0]);
});
