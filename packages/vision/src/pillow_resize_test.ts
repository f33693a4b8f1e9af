import assert from "node:assert/strict";
import { pillowResize } from "./pillow_resize.ts";

function pattern(width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data.set(
        [x * 37 + y * 11, x * x * 7 + y * 3, x * 5 + y * y * 13].map((value) => value % 256),
        (y * width + x) * 3,
      );
    }
  }
  return data;
}

Deno.test("bicubic gives the bytes of Pillow 9.4", async () => {
  // sha256 of Image.resize(…, BICUBIC).tobytes() on the same pattern.
  const cases = [
    [7, 5, 14, 10, "b0b7a15e1bce1594c93c55997d0cb346e0bf5725c4a8b0adf291692b6ed73642"],
    [16, 12, 10, 9, "f1299bf0ec501749070ba250d6ca51dda898acf5a80976fb7e2f359b247477ff"],
    [5, 4, 13, 4, "9de8038db17eb457ddc675c483182ed02d8dd2483374244e92405829b1f30030"],
    [9, 9, 3, 21, "5a692203d6fd615b8d229342e42f7db85bfc09464e995ceb62290993854f1a7f"],
  ] as const;
  for (const [width, height, wide, high, expected] of cases) {
    const picture = pillowResize({ width, height, data: pattern(width, height) }, wide, high);
    assert.deepEqual([picture.width, picture.height], [wide, high]);
    const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(picture.data));
    assert.equal(new Uint8Array(digest).toHex(), expected);
  }
});

Deno.test("a picture that has the size already stays what it is", () => {
  const picture = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  assert.equal(pillowResize(picture, 2, 1), picture);
});

Deno.test("16 bits are resized by the same rule, in 16 bits", () => {
  const shallow = { width: 7, height: 5, data: pattern(7, 5) };
  const deep = { ...shallow, data: Uint16Array.from(shallow.data, (value) => value * 257) };
  const expected = pillowResize(shallow, 12, 11);
  const resized = pillowResize(deep, 12, 11);
  for (const [at, value] of resized.data.entries()) {
    // Bytes are rounded once more between the passes.
    const step = Math.abs(value / 257 - (expected.data[at] ?? NaN));
    assert.ok(step <= 1.3, `sample ${at}: off by ${step} steps of 8 bits`);
  }
  const ramp = Uint16Array.from({ length: 300 }, (_, at) => 40_000 + 5 * Math.floor(at / 3));
  const line = pillowResize({ width: 100, height: 1, data: ramp }, 400, 1).data;
  assert.ok(new Set(line).size > 390, "levels are lost");
});
