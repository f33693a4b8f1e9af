import assert from "node:assert/strict";
import { sizeText } from "./size_text.ts";

Deno.test("sizes are told in the unit that reads best", () => {
  const sizes = [0, 500, 900 * 2 ** 10, 5 * 2 ** 20, 0.6 * 2 ** 30, 3 * 2 ** 40];
  const texts = ["0.0 KiB", "0.5 KiB", "0.9 MiB", "5.0 MiB", "0.6 GiB", "3072.0 GiB"];
  assert.deepEqual(sizes.map(sizeText), texts);
});
