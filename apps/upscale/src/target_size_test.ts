import assert from "node:assert/strict";
import { CliError } from "@vicinity/cli";
import { pixelShape, readSize, sizeName, targetSize } from "./target_size.ts";

const input = { width: 100, height: 50 };
const refused = (code: string) => (error: unknown) =>
  error instanceof CliError && error.code === code;

Deno.test("the network works at the smallest of its factors that covers the target", () => {
  assert.deepEqual(targetSize(input, { scale: 2 }), { factor: 2, width: 200, height: 100 });
  assert.deepEqual(targetSize(input, { scale: 2.5 }), { factor: 3, width: 250, height: 125 });
  assert.deepEqual(targetSize(input, { scale: 1 }), { factor: 2, width: 100, height: 50 });
  const odd = targetSize({ width: 33, height: 17 }, { scale: 3 });
  assert.deepEqual(odd, { factor: 3, width: 99, height: 51 });
});

Deno.test("a size is taken as it is, an open side keeps the shape", () => {
  assert.deepEqual(targetSize(input, readSize("320x120")), { factor: 4, width: 320, height: 120 });
  assert.deepEqual(targetSize(input, readSize("300x-1")), { factor: 3, width: 300, height: 150 });
  assert.deepEqual(targetSize(input, readSize("-1x70")), { factor: 2, width: 140, height: 70 });
  assert.equal(sizeName(readSize("-1x70")), "toautox70");
  for (const text of ["300", "0x5", "-1x-1", "3x4x5", "axb"]) assert.throws(() => readSize(text));
});

Deno.test("a target that is smaller, or too large for network or memory, is refused", () => {
  assert.throws(() => targetSize(input, readSize("50x25")), refused("SIZE"));
  assert.throws(() => targetSize(input, readSize("401x-1")), refused("SIZE"));
  const large = { width: 20_000, height: 10_000 };
  assert.throws(() => targetSize(large, { scale: 4 }), refused("IMAGE_TOO_LARGE"));
});

Deno.test("pixels that are not square are given the shape that keeps the picture's", () => {
  const pal = { width: 720, height: 576, sampleAspectRatio: { num: 64, den: 45 } };
  assert.deepEqual(pixelShape(pal, { width: 1920, height: 1080 }), { num: 1, den: 1 });
  assert.deepEqual(pixelShape(pal, { width: 1440, height: 1080 }), { num: 4, den: 3 });
  for (const size of [{ width: 1440, height: 1152 }, { width: 1000, height: 800 }]) {
    assert.deepEqual(pixelShape(pal, size), pal.sampleAspectRatio);
  }
  const odd = { width: 95, height: 63, sampleAspectRatio: { num: 4, den: 3 } };
  assert.deepEqual(pixelShape(odd, { width: 143, height: 95 }), { num: 4, den: 3 });
  const square = { width: 720, height: 576, sampleAspectRatio: { num: 1, den: 1 } };
  assert.deepEqual(pixelShape(square, { width: 1920, height: 1080 }), { num: 1, den: 1 });
});
