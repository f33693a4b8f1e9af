import assert from "node:assert/strict";
import { cvResize } from "./cv_resize.ts";
import { decodeBoxes } from "./boxes.ts";
import { nms } from "./nms.ts";

Deno.test("decoded boxes stay inside the picture and grow at most 62.5 times", () => {
  const options = { stds: [1, 1, 1, 1], clip: [100, 200] } as const;
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = decodeBoxes([90, 40, 91, 41], [0, 0, 9, 9], options);
  assert.deepEqual([x2 - x1, y1, y2].map(Math.round), [63, 9, 72]);
  const moved = decodeBoxes([0, 0, 10, 10], [30, -30, 0, 0], options);
  assert.deepEqual([...moved], [200, 0, 200, 0]);
});

Deno.test("boxes of other classes are not suppressed, equal scores go in order", () => {
  const boxes = [0, 0, 10, 10, 0, 0, 10, 10, 0, 0, 10, 10];
  assert.deepEqual(nms(boxes, [1, 1, 1], 0.5), [0]);
  assert.deepEqual(nms(boxes, [1, 2, 1], 0.5, { classes: [0, 1, 0] }), [1, 0]);
  assert.deepEqual(nms(boxes, [1, 2, 1], 0.5, { classes: [0, 1, 0], max: 1 }), [1]);
  assert.deepEqual(nms([], [], 0.5), []);
});

Deno.test("a picture resized to its own size by OpenCV's rule is unchanged", () => {
  const data = Uint8Array.from({ length: 5 * 4 * 3 }, (_, at) => at * 37 % 256);
  assert.deepEqual(cvResize({ width: 5, height: 4, data }, 5, 4).data, data);
});
