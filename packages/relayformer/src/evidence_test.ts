import assert from "node:assert/strict";
import { pictureScore, tamperedFraction } from "./evidence.ts";

Deno.test("the score is the mean of the largest half percent", () => {
  const values = Float32Array.from({ length: 4001 }, (_, at) => Math.sin(at * 12.9898) ** 2);
  const largest = [...values].sort((a, b) => b - a).slice(0, 20);
  const mean = largest.reduce((sum, value) => sum + value, 0) / 20;
  assert.ok(Math.abs(pictureScore(values) - mean) < 2 ** -16);
});

Deno.test("the score of few, equal, extreme and no pixels", () => {
  assert.equal(pictureScore(Float32Array.of(0.125)), 0.125);
  assert.equal(pictureScore(new Float32Array(1000).fill(0.5)), 0.5);
  assert.equal(pictureScore(Float32Array.of(0, 1)), 1);
  assert.equal(pictureScore(new Float32Array()), 0);
});

Deno.test("pixels at the threshold are not above it", () => {
  assert.equal(tamperedFraction(Float32Array.of(0.5, 0.75, 0.25, 1), 0.5), 0.5);
  assert.equal(tamperedFraction(new Float32Array(), 0.5), 0);
});
