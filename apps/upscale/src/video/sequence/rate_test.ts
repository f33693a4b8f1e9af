import assert from "node:assert/strict";
import { readRate } from "./rate.ts";

Deno.test("rates are exact, however they are written", () => {
  const expected: Readonly<Record<string, string>> = {
    "24": "24/1",
    "12.5": "25/2",
    "0.5": "1/2",
    "30000/1001": "30000/1001",
    "50/2": "25/1",
    "23.976": "24000/1001",
    "23.98": "24000/1001",
    "29.97": "30000/1001",
    "59.94": "60000/1001",
    "24.00": "24/1",
    "29.9": "299/10",
    "59.95": "1199/20",
  };
  for (const [text, rate] of Object.entries(expected)) {
    const { num, den } = readRate(text);
    assert.equal(`${num}/${den}`, rate, text);
  }
});

Deno.test("what is no rate is refused", () => {
  for (const text of ["", "0", "-1", "fast", "24/0", "0/5", "1e3", "24fps", "Infinity"]) {
    assert.throws(() => readRate(text), /must be a rate/, text);
  }
});
