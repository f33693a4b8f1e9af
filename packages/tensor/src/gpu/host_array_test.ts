import assert from "node:assert/strict";
import type { DType } from "../tensor.ts";
import { defaultDType, type HostArray, hostBytes, toHost } from "./host_array.ts";

function roundTrip(data: HostArray, dtype: DType): number[] {
  const bytes = hostBytes(data, dtype);
  return [...toHost(bytes.slice().buffer, 0, data.length, dtype)];
}

Deno.test("an array of any type keeps its values in a tensor of any dtype", () => {
  const arrays = [
    Float32Array.of(1, 2, 300),
    Uint32Array.of(1, 2, 300),
    Int32Array.of(1, 2, 300),
    Float16Array.of(1, 2, 300),
  ];
  for (const data of arrays) {
    for (const dtype of ["f32", "f16", "u32", "i32"] as const) {
      assert.deepEqual(roundTrip(data, dtype), [1, 2, 300], `${data.constructor.name} ${dtype}`);
    }
  }
  for (const dtype of ["f32", "u32", "i32"] as const) {
    assert.deepEqual(roundTrip(Uint16Array.of(1, 2, 3, 65535), dtype), [1, 2, 3, 65535]);
  }
});

Deno.test("a Uint16Array holds the bits of f16 values, also when no dtype is given", () => {
  const bits = Uint16Array.of(0x3c00, 0xc000);
  assert.equal(defaultDType(bits), "f16");
  assert.deepEqual(roundTrip(bits, "f16"), [1, -2]);
});

Deno.test("bf16 keeps the exponent and rounds to the nearest, to the even one of two", () => {
  const exact = [1, -2, 2 ** -130, -(2 ** 127), Infinity, -Infinity, NaN, 0];
  assert.deepEqual(roundTrip(Float32Array.from(exact), "bf16"), exact);
  assert.deepEqual(roundTrip(Uint16Array.of(0x3f80, 0xc000), "bf16"), [1, -2]);
  const step = 2 ** -7;
  const between = [1 + step / 2, 1 + 1.5 * step, 1 + 0.49 * step, -1 - 0.51 * step];
  assert.deepEqual(
    roundTrip(Float32Array.from(between), "bf16"),
    [1, 1 + 2 * step, 1, -1 - step],
  );
});
