import assert from "node:assert/strict";
import { pillowResize, pillowResizePart, type RgbPicture } from "./pillow_resize.ts";
import { preprocessClassification } from "./preprocess.ts";

function pictureOf(width: number, height: number): RgbPicture {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, at) => 128 + 120 * Math.sin(at * 0.37 + (at % 7) ** 2),
  );
  return { width, height, data };
}

function cut({ width, data }: RgbPicture, part: Parameters<typeof pillowResizePart>[2]): number[] {
  return Array.from({ length: part.height }, (_, row) => {
    const from = ((part.top + row) * width + part.left) * 3;
    return [...data.subarray(from, from + part.width * 3)];
  }).flat();
}

Deno.test("a part of a resized picture has the bytes of the whole", () => {
  const sizes = [[30, 20, 64, 43], [64, 43, 30, 20], [20, 31, 20, 50], [31, 20, 12, 20]] as const;
  for (const [width, height, wide, high] of sizes) {
    const picture = pictureOf(width, height);
    for (const filter of ["bicubic", "bilinear"] as const) {
      const whole = pillowResize(picture, wide, high, filter);
      const parts = [
        { left: 0, top: 0, width: wide, height: high },
        { left: 3, top: 5, width: 7, height: 9 },
        { left: wide - 2, top: high - 1, width: 2, height: 1 },
      ];
      for (const part of parts) {
        const found = pillowResizePart(picture, [wide, high], part, filter);
        assert.deepEqual([found.width, found.height], [part.width, part.height]);
        assert.deepEqual([...found.data], cut(whole, part));
      }
    }
  }
});

Deno.test("of a very long picture only the square in its middle is made", () => {
  for (const [width, height] of [[20000, 1], [1, 20000]] as const) {
    const data = new Uint8Array(width * height * 3).fill(255, 0, width * height * 3 / 2);
    const { values } = preprocessClassification({ width, height, data }, {
      imageSize: 32,
      cropShare: 0.875,
    });
    assert.equal(values.length, 32 * 32 * 3);
    // Bright at one side of the middle, dark at the other.
    const [first = 0, last = 0] = [values[0], values.at(-3)];
    assert.ok(first > 1.9 && last < -1.9, `${first}, ${last}`);
  }
});
