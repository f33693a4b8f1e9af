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
