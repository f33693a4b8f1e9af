import assert from "node:assert/strict";
import { readColor } from "./color.ts";

Deno.test("colours are read as style sheets write them", () => {
  assert.deepEqual(readColor("black"), [0, 0, 0]);
  assert.deepEqual(readColor("#fa0"), [255, 170, 0]);
  assert.deepEqual(readColor("#102030"), [16, 32, 48]);
});

Deno.test("what is no opaque colour is refused", () => {
  for (const text of ["", "sea", "#12", "rgba(1, 2, 3, 0.5)", "rgb(300, 0, 0)", "transparent"]) {
    assert.throws(() => readColor(text), /must be a colour/, text);
  }
});
