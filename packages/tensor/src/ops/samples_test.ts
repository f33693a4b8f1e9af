import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { sizeOf } from "../tensor.ts";
import { assertClose, testValues } from "../testing/close.ts";
import {
  bitsOf,
  floatToSamples,
  packSamples,
  type Samples,
  samplesToFloat,
  unpackSamples,
} from "./samples.ts";

const DEPTHS = [8, 16] as const;

/** Samples that take many values of their range. */
function manySamples(bits: 8 | 16, count: number): Samples {
  const samples = bits === 8 ? new Uint8Array(count) : new Uint16Array(count);
  return samples.map((_, index) => index * (bits === 8 ? 37 : 9973));
}

const whiteOf = (bits: 8 | 16) => 2 ** bits - 1;
const wordsOf = (bits: 8 | 16, count: number) => Math.ceil(count * bits / 32);

const SHAPES = [[1, 1, 1], [1, 1, 3], [5, 7, 3], [4, 4, 3], [2, 3, 5, 4], [9, 11, 1], [3, 3, 5]];

for (const bits of DEPTHS) {
  Deno.test(`samples of ${bits} bits become floats, all channels or the first ones`, async () => {
    using gpu = await open({ defaultLimits: true, debug: true });
    const half = whiteOf(bits) / 2;
    for (const shape of SHAPES) {
      const samples = manySamples(bits, sizeOf(shape));
      const words = gpu.tensor([wordsOf(bits, samples.length)], packSamples(samples));
      const stored = shape.at(-1) ?? 1;
      for (const channels of [1, 3, stored].filter((kept) => kept <= stored)) {
        const y = samplesToFloat(words, shape, { bits, channels, scale: 1 / half, offset: -1 });
        assert.deepEqual(y.shape, shape.with(-1, channels));
        const [values] = await gpu.read([y]);
        const expected = [...samples].filter((_, index) => index % stored < channels)
          .map((sample) => sample / half - 1);
        assertClose(values ?? [], expected, { atol: 2e-7, rtol: 0 }, `${channels} of [${shape}]`);
      }
    }
  });

  Deno.test(`every sample of ${bits} bits survives the way to floats and back`, async () => {
    using gpu = await open({ defaultLimits: true, debug: true });
    const white = whiteOf(bits);
    for (const shape of [...SHAPES, [256, 257]]) {
      const samples = manySamples(bits, sizeOf(shape));
      const words = gpu.tensor([wordsOf(bits, samples.length)], packSamples(samples));
      const half = white / 2;
      const floats = samplesToFloat(words, shape, { bits, scale: 1 / half, offset: -1 });
      const back = floatToSamples(floats, { bits, scale: half, offset: half });
      const [values] = await gpu.read([back]);
      assert.deepEqual(values, new Uint32Array(packSamples(samples)), `[${shape}]`);
    }
  });

  Deno.test(`floats are clamped to ${bits} bits, and rounded to the even number at ties`, async () => {
    using gpu = await open();
    const white = whiteOf(bits);
    const x = [-1e30, -0.6, 0.5, 1.5, 2.5, white - 1.5, white - 0.5, white + 0.4, white + 1, 1e30];
    const odd = [...x, 7];
    for (const values of [x, odd]) {
      const tensor = gpu.tensor([values.length], new Float32Array(values));
      const [words] = await gpu.read([floatToSamples(tensor, { bits })]);
      assert(words);
      const expected = [0, 0, 0, 2, 2, white - 1, white - 1, white, white, white, 7];
      const samples = unpackSamples(words, values.length, bits);
      assert.deepEqual([...samples], expected.slice(0, values.length));
    }
  });

  Deno.test(`rounding to ${bits} bits agrees with float64 away from ties`, async () => {
    using gpu = await open();
    const x = testValues(1001, 9);
    const half = whiteOf(bits) / 2;
    const options = { bits, scale: half, offset: half };
    const [words] = await gpu.read([floatToSamples(gpu.tensor([1001], x), options)]);
    assert(words);
    for (const [index, sample] of unpackSamples(words, x.length, bits).entries()) {
      const exact = Math.min(whiteOf(bits), Math.max(0, (x[index] ?? 0) * half + half));
      const near = Math.abs(sample - exact) <= 0.5 + half * 2 ** -22;
      assert(near, `value ${index}: ${sample} for ${exact}`);
    }
  });

  Deno.test(`frames travel as samples of ${bits} bits through a plan`, async () => {
    using gpu = await open();
    const shape = [6, 5, 3];
    const white = whiteOf(bits);
    using plan = gpu.plan({
      name: "frame",
      inputs: { frame: { shape: [wordsOf(bits, 90)], dtype: "u32" } },
      run: ({ frame }) => ({
        frame: floatToSamples(samplesToFloat(frame, shape, { bits, scale: -1, offset: white }), {
          bits,
        }),
      }),
    });
    for (const samples of [manySamples(bits, 90), manySamples(bits, 90).reverse()]) {
      const [words] = await gpu.read([plan.run({ frame: packSamples(samples) }).frame]);
      assert(words);
      const expected = samples.map((sample) => white - sample);
      assert.deepEqual(unpackSamples(words, 90, bits), expected);
    }
  });
}

Deno.test("packing shares memory only where words begin", () => {
  const bytes = manySamples(8, 12);
  assert.equal(packSamples(bytes.subarray(4)).buffer, bytes.buffer);
  assert.deepEqual([...new Uint8Array(packSamples(bytes.subarray(1, 6)).buffer)], [
    ...bytes.subarray(1, 6),
    0,
    0,
    0,
  ]);
  const deep = manySamples(16, 6);
  assert.equal(packSamples(deep.subarray(2)).buffer, deep.buffer);
  assert.deepEqual([...new Uint16Array(packSamples(deep.subarray(1, 4)).buffer)], [
    ...deep.subarray(1, 4),
    0,
  ]);
  assert.deepEqual([bitsOf(bytes), bitsOf(deep)], [8, 16]);
});

Deno.test("conversions of samples name tensors that do not fit", async () => {
  using gpu = await open();
  const words = gpu.empty([3], "u32");
  assert.throws(() => samplesToFloat(words, [2, 2, 4]), ShapeError);
  assert.throws(() => samplesToFloat(words, [2, 2, 3], { bits: 16 }), ShapeError);
  assert.throws(() => samplesToFloat(words, [2, 2, 3], { channels: 4 }), ShapeError);
  assert.throws(() => floatToSamples(words), ShapeError);
});
