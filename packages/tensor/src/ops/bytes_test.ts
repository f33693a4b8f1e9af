import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { sizeOf } from "../tensor.ts";
import { assertClose, testValues } from "../testing/close.ts";
import { bytesToFloat, floatToBytes, packBytes, unpackBytes } from "./bytes.ts";

const everyByte = (count: number) => Uint8Array.from({ length: count }, (_, index) => index * 37);

const asBytes = (words: ArrayBufferView | undefined, count: number) => {
  assert(words);
  return unpackBytes(words, count);
};

const SHAPES = [[1, 1, 1], [1, 1, 3], [5, 7, 3], [4, 4, 3], [2, 3, 5, 4], [9, 11, 1], [3, 3, 5]];

Deno.test("bytes become floats, all channels or the first ones", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const shape of SHAPES) {
    const bytes = everyByte(sizeOf(shape));
    const words = gpu.tensor([Math.ceil(bytes.length / 4)], packBytes(bytes));
    const stored = shape.at(-1) ?? 1;
    for (const channels of [1, 3, stored].filter((kept) => kept <= stored)) {
      const y = bytesToFloat(words, shape, { channels, scale: 1 / 127.5, offset: -1 });
      assert.deepEqual(y.shape, shape.with(-1, channels));
      const [values] = await gpu.read([y]);
      const expected = [...bytes].filter((_, index) => index % stored < channels)
        .map((byte) => byte / 127.5 - 1);
      assertClose(values ?? [], expected, { atol: 2e-7, rtol: 0 }, `${channels} of [${shape}]`);
    }
  }
});

Deno.test("every byte survives the way to floats and back", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const shape of SHAPES) {
    const bytes = everyByte(sizeOf(shape));
    const words = gpu.tensor([Math.ceil(bytes.length / 4)], packBytes(bytes));
    const back = floatToBytes(bytesToFloat(words, shape, { scale: 1 / 255 }), { scale: 255 });
    const [values] = await gpu.read([back]);
    assert.deepEqual(values, new Uint32Array(packBytes(bytes)), `[${shape}]`);
  }
});

Deno.test("floats are clamped, and rounded to the even number at ties", async () => {
  using gpu = await open();
  const x = [-1e30, -0.6, 0.5, 1.5, 2.5, 253.5, 254.5, 255.4, 256, 1e30];
  const [words] = await gpu.read([floatToBytes(gpu.tensor([x.length], new Float32Array(x)))]);
  assert.deepEqual([...asBytes(words, x.length)], [0, 0, 0, 2, 2, 254, 254, 255, 255, 255]);
});

Deno.test("rounding agrees with float64 away from ties", async () => {
  using gpu = await open();
  const x = testValues(1001, 9);
  const [words] = await gpu.read([
    floatToBytes(gpu.tensor([1001], x), { scale: 127.5, offset: 127.5 }),
  ]);
  for (const [index, byte] of asBytes(words, x.length).entries()) {
    const exact = (x[index] ?? 0) * 127.5 + 127.5;
    assert(Math.abs(byte - exact) <= 0.5 + 1e-4, `value ${index}: ${byte} for ${exact}`);
  }
});

Deno.test("frames travel as bytes through a plan", async () => {
  using gpu = await open();
  const shape = [6, 5, 3];
  using plan = gpu.plan({
    name: "frame",
    inputs: { frame: { shape: [23], dtype: "u32" } },
    run: ({ frame }) => ({
      frame: floatToBytes(bytesToFloat(frame, shape, { scale: -1, offset: 255 })),
    }),
  });
  for (const bytes of [everyByte(90), everyByte(90).reverse()]) {
    const [words] = await gpu.read([plan.run({ frame: packBytes(bytes) }).frame]);
    assert.deepEqual(asBytes(words, 90), bytes.map((byte) => 255 - byte));
  }
});

Deno.test("packing shares memory only where words begin", () => {
  const bytes = everyByte(12);
  assert.equal(packBytes(bytes.subarray(4)).buffer, bytes.buffer);
  assert.deepEqual([...new Uint8Array(packBytes(bytes.subarray(1, 6)).buffer)], [
    ...bytes.subarray(1, 6),
    0,
    0,
    0,
  ]);
});

Deno.test("byte conversions name tensors that do not fit", async () => {
  using gpu = await open();
  const words = gpu.empty([3], "u32");
  assert.throws(() => bytesToFloat(words, [2, 2, 4]), ShapeError);
  assert.throws(() => bytesToFloat(words, [2, 2, 3], { channels: 4 }), ShapeError);
  assert.throws(() => floatToBytes(words), ShapeError);
});
