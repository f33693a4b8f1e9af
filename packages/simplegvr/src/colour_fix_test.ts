import assert from "node:assert/strict";
import { assertClose } from "@vicinity/tensor/testing";
import {
  coarseTable,
  matchLowFrequencies,
  matchStatistics,
  splitFrequencies,
} from "./colour_fix.ts";

const size = { rows: 12, cols: 10, channels: 3 };
const content = Float64Array.from({ length: 360 }, (_, at) => Math.sin(at * 1.7) / 2);
const style = Float64Array.from({ length: 360 }, (_, at) => Math.cos(at * 0.3) / 3 + at % 3 / 10);

function channelMean(image: Float64Array, channel: number): number {
  const values = image.filter((_, at) => at % 3 === channel);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What float64 may be off. */
const TOLERANCE = { atol: 1e-12, rtol: 0 };

Deno.test("matched statistics give every channel the style's mean", () => {
  const matched = matchStatistics(content, style, size);
  for (const channel of [0, 1, 2]) {
    assert.ok(Math.abs(channelMean(matched, channel) - channelMean(style, channel)) < 1e-12);
  }
});

Deno.test("a frame matched to itself stays as it is", () => {
  assertClose(matchStatistics(content, content, size), content, TOLERANCE, "statistics");
  assertClose(matchLowFrequencies(content, content, size), content, TOLERANCE, "low frequencies");
});

Deno.test("the two variances differ for unlike frames only in the last digits", () => {
  const biased = matchStatistics(content, style, size);
  const unbiased = matchStatistics(content, style, { ...size, unbiased: true });
  assert.notDeepEqual(biased, unbiased);
  for (let at = 0; at < 360; at++) {
    assert.ok(Math.abs((biased[at] ?? 0) - (unbiased[at] ?? 1)) < 1e-4);
  }
});

Deno.test("a pixel reaches 31 pixels far into the coarse structure and no farther", () => {
  const row = { rows: 1, cols: 80 };
  const { low } = splitFrequencies(
    Float64Array.from({ length: 80 }, (_, at) => at === 40 ? 1 : 0),
    row,
  );
  assert.ok((low[9] ?? 0) > 0 && (low[71] ?? 0) > 0);
  assert.equal(low[8], 0);
  assert.equal(low[72], 0);
});

/** Five blurs one after the other, as they are defined. */
function blurred(line: Float64Array): Float64Array {
  const inside = (at: number) => line[Math.min(line.length - 1, Math.max(0, at))] ?? NaN;
  const blur = (distance: number) =>
    line.map((own, at) => (inside(at - distance) + 2 * own + inside(at + distance)) / 4);
  for (const distance of [1, 2, 4, 8, 16]) line = blur(distance);
  return line;
}

Deno.test("one table does what five blurs do, for lines shorter and longer than they reach", () => {
  for (const length of [1, 2, 3, 31, 32, 62, 63, 64, 65, 80, 200]) {
    const line = Float64Array.from({ length }, (_, at) => Math.sin(at * at) + at / 50);
    const { first, taps, weights } = coarseTable(length);
    const made = line.map((_, at) => {
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) {
        sum += (weights[at * taps + tap] ?? NaN) * (line[(first[at] ?? NaN) + tap] ?? NaN);
      }
      return sum;
    });
    assertClose(made, blurred(line), TOLERANCE, "a line");
  }
});

Deno.test("colours of the style replace those of the content, fine structure stays", () => {
  const flat = new Float64Array(360).fill(0.25);
  const { high } = splitFrequencies(content, size);
  assertClose(
    matchLowFrequencies(content, flat, size),
    high.map((value) => value + 0.25),
    TOLERANCE,
    "coarse structure",
  );
});
