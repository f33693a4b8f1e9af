import assert from "node:assert/strict";
import { NumericError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { checkFinite } from "./finite.ts";

Deno.test("finite values pass, also the largest and denormal ones", async () => {
  using gpu = await open();
  const x = gpu.tensor([5], new Float32Array([0, -0, 3.4e38, -3.4e38, 1e-42]));
  const half = gpu.tensor([3], new Float32Array([65504, -65504, 1e-7]), "f16");
  await checkFinite({ x, half, none: gpu.empty([0]) });
});

Deno.test("the first tensor with a bad value is named, with the number and place", async () => {
  using gpu = await open();
  for (const bad of [NaN, Infinity, -Infinity]) {
    const values = new Float32Array(100_003).fill(1);
    values[70_001] = bad;
    values[70_002] = bad;
    const good = gpu.tensor([3], new Float32Array(3));
    const tail = gpu.tensor([values.length], values);
    await assert.rejects(checkFinite({ good, tail, later: tail }), (error: Error) => {
      assert(error instanceof NumericError);
      assert.match(error.message, /^Cannot use tail \[100003\]: 2 values .* element 70001\./);
      return true;
    });
  }
});

Deno.test("halves are looked at one by one", async () => {
  using gpu = await open();
  for (const index of [4, 5]) {
    const values = new Float32Array(9);
    values[index] = NaN;
    const half = gpu.tensor([9], values, "f16");
    await assert.rejects(checkFinite({ half }), /first at element 4\./);
  }
});

Deno.test("tensors that others make during a check are not freed with it", async () => {
  using gpu = await open();
  const x = gpu.tensor([3], new Float32Array(3));
  const check = checkFinite({ x });
  const other = gpu.empty([4]);
  await check;
  assert(other.storage.buffer !== null);
});
