import assert from "node:assert/strict";
import { strokeText, strokeTextWidth } from "./stroke_text.ts";

const WHITE = [255, 255, 255] as const;

/** First and last column and row with light. */
function inked(text: string, align: "left" | "center" | "right") {
  const picture = { width: 200, height: 60, data: new Uint8Array(200 * 60 * 3) };
  strokeText(picture, text, { at: [100, 40], capHeight: 21, color: WHITE, align });
  const [columns, rows]: [number[], number[]] = [[], []];
  for (const [at, value] of picture.data.entries()) {
    if (value < 64) continue;
    columns.push(Math.floor(at / 3) % 200);
    rows.push(Math.floor(at / 600));
  }
  return {
    left: Math.min(...columns),
    right: Math.max(...columns),
    top: Math.min(...rows),
    bottom: Math.max(...rows),
  };
}

Deno.test("capitals stand on the foot and are as high as wanted", () => {
  const { top, bottom } = inked("H", "left");
  assert.ok(Math.abs(bottom - 40) <= 2 && Math.abs(top - 19) <= 2, `${top} to ${bottom}`);
});

Deno.test("a text begins, has its middle or ends where it is told to", () => {
  const width = strokeTextWidth("Hm", 21);
  for (
    const [align, start] of [["left", 100], ["center", 100 - width / 2], [
      "right",
      100 - width,
    ]] as const
  ) {
    const { left, right } = inked("Hm", align);
    assert.ok(left >= start - 1 && right <= start + width + 1, `${align}: ${left} to ${right}`);
  }
});

Deno.test("letters that the font lacks are question marks, and nothing takes no room", () => {
  assert.equal(strokeTextWidth("é", 21), strokeTextWidth("?", 21));
  assert.equal(strokeTextWidth("", 21), 0);
  assert.deepEqual(inked("é", "left"), inked("?", "left"));
});
