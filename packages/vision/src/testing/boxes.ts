/** Boxes for tests. */
import { unitValues } from "@vicinity/tensor/testing";

/** Boxes in a picture, from far outside of it to its whole, some without extent. */
export function testBoxes(
  count: number,
  [height, width]: readonly [number, number],
  seed: number,
): Float32Array<ArrayBuffer> {
  const values = unitValues(4 * count, seed);
  const boxes = new Float32Array(4 * count);
  for (let index = 0; index < count; index++) {
    const [x = 0, y = 0, w = 0, h = 0] = values.subarray(4 * index, 4 * index + 4);
    const [left, top] = [(1.2 * x - 0.1) * width, (1.2 * y - 0.1) * height];
    const flat = index % 7 === 6 ? 0 : 1;
    boxes.set([left, top, left + flat * w ** 2 * width, top + h ** 2 * height], 4 * index);
  }
  return boxes;
}
