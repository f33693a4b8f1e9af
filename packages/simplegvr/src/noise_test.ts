import assert from "node:assert/strict";
import { counterNoise, fnv1a32, hash32, hashUniform, hashUniforms } from "./noise.ts";

const WHOLE = { seed: 3, purpose: "noise", firstFrame: 0, shape: [2, 6, 3, 4] } as const;

Deno.test("names hash as published for FNV-1a", () => {
  assert.equal(fnv1a32(""), 0x811c9dc5);
  assert.equal(fnv1a32("foobar"), 0xbf9cf968);
  assert.equal(fnv1a32("é"), fnv1a32("\u00e9"));
});

Deno.test("the integer hash keeps to unsigned 32 bits and takes the low bits only", () => {
  for (const value of [1, 2, 0x7fffffff, 0x80000000, 0xffffffff]) {
    const hash = hash32(value);
    assert.ok(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32);
    assert.equal(hash32(value + 2 ** 32), hash);
  }
});

Deno.test("a stream gives the same numbers one by one and together", () => {
  const together = hashUniforms("blocks.0.weight", 50);
  together.forEach((value, index) => assert.equal(value, hashUniform("blocks.0.weight", index)));
  assert.notEqual(hashUniform("blocks.1.weight", 0), together[0]);
});

Deno.test("noise has mean 0, deviation 1 and no repeated values", () => {
  const noise = counterNoise({ ...WHOLE, shape: [4, 5, 30, 40] });
  const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
  const square = noise.reduce((sum, value) => sum + value ** 2, 0) / noise.length;
  assert.ok(Math.abs(mean) < 4 / Math.sqrt(noise.length));
  assert.ok(Math.abs(square - 1) < 4 * Math.sqrt(2 / noise.length));
  assert.ok(new Set(noise).size > 0.99 * noise.length);
});

Deno.test("a frame's noise does not depend on where a chunk starts", () => {
  const [channels, frames, rows, cols] = WHOLE.shape;
  const whole = counterNoise(WHOLE);
  const plane = rows * cols;
  for (let frame = 0; frame < frames; frame++) {
    const alone = counterNoise({ ...WHOLE, firstFrame: frame, shape: [channels, 1, rows, cols] });
    for (let channel = 0; channel < channels; channel++) {
      const start = (channel * frames + frame) * plane;
      assert.deepEqual(
        alone.subarray(channel * plane, (channel + 1) * plane),
        whole.subarray(start, start + plane),
      );
    }
  }
});

Deno.test("seeds and purposes give unlike noise", () => {
  const noise = counterNoise(WHOLE);
  assert.notDeepEqual(counterNoise({ ...WHOLE, seed: 4 }), noise);
  assert.notDeepEqual(counterNoise({ ...WHOLE, purpose: "aug" }), noise);
});

Deno.test("counters beyond 32 bits wrap around", () => {
  const far = counterNoise({ ...WHOLE, firstFrame: 2 ** 31, shape: [2, 1, 1, 1] });
  const near = counterNoise({ ...WHOLE, firstFrame: 0, shape: [2, 1, 1, 1] });
  assert.deepEqual(far, near);
});
