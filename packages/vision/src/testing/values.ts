/** Test values and their comparison. */
import assert from "node:assert/strict";

/** Pseudo-random values in [0, 1), the same for the same seed. */
export function unitValues(count: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed * 7919 + 1;
  return Float32Array.from(
    { length: count },
    () => (state = state * 48271 % 2147483647) / 2147483647,
  );
}

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

/** Throws unless |actual - expected| <= tolerance (1 + |expected|) everywhere. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  name: string,
): void {
  assert.equal(actual.length, expected.length, name);
  for (let index = 0; index < expected.length; index++) {
    const [a = NaN, b = NaN] = [actual[index], expected[index]];
    assert(
      Math.abs(a - b) <= tolerance * (1 + Math.abs(b)),
      `${name}: value ${index} is ${a}, expected ${b}`,
    );
  }
}
