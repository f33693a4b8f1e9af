import assert from "node:assert/strict";
import {
  IDENTITY4,
  inverse4,
  type Matrix4,
  matrixOfPose,
  multiply4,
  parseMatrix4,
  transformBox,
  transformPositions,
} from "@vicinity/vision";

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12): void {
  assert.equal(actual.length, expected.length);
  for (let at = 0; at < expected.length; at++) {
    const [a = NaN, b = NaN] = [actual[at], expected[at]];
    assert(Math.abs(a - b) <= tolerance, `${at}: ${a}, expected ${b}`);
  }
}

/** A turn about the vertical axis and a shift. */
function turned(angle: number, shift: readonly [number, number, number]): Matrix4 {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c, -s, 0, shift[0], s, c, 0, shift[1], 0, 0, 1, shift[2], 0, 0, 0, 1];
}

Deno.test("points move by rotation and shift", () => {
  const moved = transformPositions(Float32Array.of(1, 0, 2), turned(Math.PI / 2, [10, 20, 30]));
  close(moved, [10, 21, 32], 1e-6);
});

Deno.test("an inverse undoes a motion, with tilt and scale", () => {
  const pose = { translation: [600, -1200, 3], rotation: [0.9, 0.1, -0.2, 0.37] };
  const motion = multiply4(matrixOfPose(pose), [2, 0, 0, 1, 0, 2, 0, 2, 0, 0, 2, 3, 0, 0, 0, 1]);
  close(multiply4(inverse4(motion), motion), IDENTITY4, 1e-10);
  close(multiply4(motion, inverse4(motion)), IDENTITY4, 1e-10);
});

Deno.test("a quaternion is w, x, y, z and need not have length 1", () => {
  const quarter = { translation: [0, 0, 5], rotation: [2, 0, 0, 2] };
  close(matrixOfPose(quarter), turned(Math.PI / 2, [0, 0, 5]));
  const roll = matrixOfPose({
    translation: [0, 0, 0],
    rotation: [Math.SQRT1_2, Math.SQRT1_2, 0, 0],
  });
  close(transformPositions(Float32Array.of(0, 1, 0), roll), [0, 0, 1], 1e-7);
});

Deno.test("motions are done in double precision", () => {
  const far = turned(0, [1e7, 0, 0]);
  const there = multiply4(inverse4(far), multiply4(turned(0, [0.001, 0, 0]), far));
  close(transformPositions(Float32Array.of(1, 2, 3), there), [1.001, 2, 3], 1e-6);
});

Deno.test("a box turns with its heading and velocity, and comes back", () => {
  const box = {
    center: [10, 2, -1] as const,
    size: [4, 2, 1.5] as const,
    heading: 3,
    velocity: [1, 0] as const,
    score: 0.5,
  };
  const motion = turned(Math.PI / 2, [0, 0, 1]);
  const moved = transformBox(box, motion);
  close(moved.center, [-2, 10, 0]);
  close([moved.heading], [3 + Math.PI / 2 - 2 * Math.PI]);
  close(moved.velocity, [0, 1]);
  assert.equal(moved.score, 0.5);
  const back = transformBox(moved, inverse4(motion));
  close([...back.center, ...back.size, back.heading, ...back.velocity], [
    ...box.center,
    ...box.size,
    box.heading,
    ...box.velocity,
  ]);
});

Deno.test("a scale scales a box, a box without velocity stays without", () => {
  const box = { center: [1, 2, 3] as const, size: [4, 2, 1.5] as const, heading: 0.5 };
  const moved = transformBox(box, [100, 0, 0, 0, 0, 100, 0, 0, 0, 0, 100, 0, 0, 0, 0, 1]);
  close([...moved.center, ...moved.size, moved.heading], [100, 200, 300, 400, 200, 150, 0.5]);
  assert(!("velocity" in moved));
});

Deno.test("numbers that are no motion are refused", () => {
  assert.deepEqual(parseMatrix4(IDENTITY4), IDENTITY4);
  assert.throws(() => parseMatrix4([1, 2, 3]), /it needs 16 numbers/);
  assert.throws(() => parseMatrix4(IDENTITY4.with(0, NaN)), RangeError);
  assert.throws(() => parseMatrix4(IDENTITY4.with(12, 5)), /last row is \[5,0,0,1\]/);
  assert.throws(() => parseMatrix4(IDENTITY4.with(10, 0)), /its determinant is 0/);
});
