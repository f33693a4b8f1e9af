import assert from "node:assert/strict";
import { type Dtype, isDtype, toFloat16Bits, toFloat32, toFloat64 } from "./dtype.ts";

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

Deno.test("each stored type converts to the same numbers", () => {
  const stored: [Dtype, ArrayBufferView][] = [
    ["F64", new Float64Array([1, 0, 3])],
    ["F32", new Float32Array([1, 0, 3])],
    ["F16", new Float16Array([1, 0, 3])],
    ["BF16", new Uint16Array([0x3f80, 0, 0x4040])],
    ["I64", new BigInt64Array([1n, 0n, 3n])],
    ["U64", new BigUint64Array([1n, 0n, 3n])],
    ["I32", new Int32Array([1, 0, 3])],
    ["U32", new Uint32Array([1, 0, 3])],
    ["I16", new Int16Array([1, 0, 3])],
    ["U16", new Uint16Array([1, 0, 3])],
    ["I8", new Int8Array([1, 0, 3])],
    ["U8", new Uint8Array([1, 0, 3])],
  ];
  for (const [dtype, array] of stored) {
    assert.deepEqual([...toFloat32(bytesOf(array), dtype)], [1, 0, 3], dtype);
    assert.deepEqual([...toFloat64(bytesOf(array), dtype)], [1, 0, 3], dtype);
    assert.deepEqual([...toFloat16Bits(bytesOf(array), dtype)], [0x3c00, 0, 0x4200], dtype);
  }
});

Deno.test("booleans become zero and one", () => {
  assert.deepEqual([...toFloat32(new Uint8Array([0, 1, 255]), "BOOL")], [0, 1, 1]);
});

Deno.test("elements at an odd address are read as well as aligned ones", () => {
  const shifted = new Uint8Array(9);
  shifted.set(bytesOf(new Float32Array([0.5, -2])), 1);
  assert.deepEqual([...toFloat32(shifted.subarray(1), "F32")], [0.5, -2]);
});

Deno.test("names of inherited properties are no types", () => {
  assert.equal(isDtype("toString"), false);
  assert.equal(isDtype(3), false);
});
