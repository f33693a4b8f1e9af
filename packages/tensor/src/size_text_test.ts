import assert from "node:assert/strict";
import { sizeText } from "./size_text.ts";

Deno.test("sizes are told in the largest unit of which they have a whole one", () => {
  const sizes = [0, 500, 900 * 2 ** 10, 2 ** 20, 128 * 2 ** 20, 2 ** 30, 3 * 2 ** 40];
  const texts = [
    "0.0 KiB",
    "0.5 KiB",
    "900.0 KiB",
    "1.0 MiB",
    "128.0 MiB",
    "1.0 GiB",
    "3072.0 GiB",
  ];
  assert.deepEqual(sizes.map(sizeText), texts);
});
