import assert from "node:assert/strict";
import { unitValues } from "@vicinity/tensor/testing";
import { countPixels, f1Score, iouScore, reversedCounts, scoreCurve } from "./pixel_metrics.ts";

Deno.test("pixels are counted above the threshold, and only where they are valid", () => {
  const compared = {
    scores: [0.9, 0.5, 0.1, 0.7, 0.8],
    truth: [255, 1, 0, 0, 1],
    valid: [1, 1, 1, 1, 0],
  };
  assert.deepEqual(countPixels(compared, 0.5), {
    truePositive: 1,
    trueNegative: 1,
    falsePositive: 1,
    falseNegative: 1,
  });
});

Deno.test("F1 and IoU of perfect, opposite and empty maps", () => {
  const truth = [1, 1, 0, 0];
  const perfect = countPixels({ scores: truth, truth }, 0.5);
  assert.ok(Math.abs(f1Score(perfect) - 1) < 1e-7);
  assert.ok(Math.abs(iouScore(perfect) - 1) < 1e-7);
  assert.equal(f1Score(reversedCounts(perfect)), 0);
  const nothing = countPixels({ scores: [0, 0, 0, 0], truth: [0, 0, 0, 0] }, 0.5);
  assert.equal(f1Score(nothing), 0);
  assert.equal(iouScore(nothing), 0);
});

/** All pairs of a pixel inside and one outside: the share in which the former has the higher score. */
function pairwiseAuc(scores: readonly number[], truth: readonly number[]): number {
  const of = (inside: boolean) => scores.filter((_, at) => (truth[at] === 1) === inside);
  const wins = of(true).flatMap((a) => of(false).map((b) => a > b ? 1 : a === b ? 0.5 : 0));
  return wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
}

Deno.test("the curve agrees with every threshold and every pair, ties included", () => {
  for (let seed = 1; seed <= 8; seed++) {
    const scores = [...unitValues(60, seed)].map((v) => Math.fround(Math.round(v * 12) / 12));
    const truth = [...unitValues(60, 100 + seed)].map((v, at) =>
      v < 0.2 + 0.6 * (scores[at] ?? 0) ? 1 : 0
    );
    const curve = scoreCurve({ scores, truth });
    assert.ok(Math.abs(curve.auc - pairwiseAuc(scores, truth)) < 1e-12, `seed ${seed}`);
    const f1At = (threshold: number) => f1Score(countPixels({ scores, truth }, threshold));
    const best = Math.max(f1At(-1), ...scores.map(f1At));
    assert.ok(Math.abs(curve.bestF1 - best) < 1e-6, `seed ${seed}`);
    assert.ok(Math.abs(f1At(curve.bestThreshold) - best) < 1e-6, `seed ${seed}`);
  }
});

Deno.test("a curve of a picture without a mask is zero", () => {
  const { auc, averagePrecision, bestF1 } = scoreCurve({ scores: [0.1, 0.9], truth: [0, 0] });
  assert.deepEqual([auc, averagePrecision, bestF1], [0, 0, 0]);
});

Deno.test("average precision is the mean precision at the hits where no scores tie", () => {
  const { averagePrecision } = scoreCurve({ scores: [0.9, 0.8, 0.7, 0.6], truth: [1, 0, 1, 0] });
  assert.ok(Math.abs(averagePrecision - (1 + 2 / 3) / 2) < 1e-12);
});
