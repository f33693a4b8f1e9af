/** What is made of probabilities: pictures as the authors' script writes them, and measures. */
import { officialPictures } from "@vicinity/relayformer";
import {
  countPixels,
  f1Score,
  iouScore,
  type PixelCounts,
  reversedCounts,
  scoreCurve,
} from "@vicinity/vision";
import type { GoldenCase } from "../golden_case.ts";
import type { Produced } from "../runner.ts";
import { pictureIn } from "./config.ts";

/** The script's pictures, to the byte. */
export async function* runPostprocess(golden: GoldenCase): AsyncGenerator<Produced> {
  const picture = await pictureIn(golden, "input.image");
  const { width, height } = picture;
  const { shape, values } = await golden.tensor("input.prob");
  const side = shape.at(-1) ?? 1;
  const content = Float32Array.from(
    { length: width * height },
    (_, at) => values[Math.floor(at / width) * side + at % width] ?? NaN,
  );
  const { original, mask, overlay } = officialPictures(
    picture,
    { width, height, values: content },
    { threshold: golden.number("threshold"), alpha: golden.number("overlay_alpha") },
  );
  yield { name: "output.denorm_image", values: original };
  yield { name: "output.mask", values: mask };
  yield { name: "output.overlay_rgb", values: overlay };
}

/** How a map may be read; `double` takes what is better. */
const MODES = {
  origin: (score: (counts: PixelCounts) => number, counts: PixelCounts) => score(counts),
  reverse: (score: (counts: PixelCounts) => number, counts: PixelCounts) =>
    score(reversedCounts(counts)),
  double: (score: (counts: PixelCounts) => number, counts: PixelCounts) =>
    Math.max(score(counts), score(reversedCounts(counts))),
};

/** The measures of IMDLBenCo, a value a picture. */
export async function* runMetrics(golden: GoldenCase): AsyncGenerator<Produced> {
  const threshold = golden.number("threshold");
  const { shape: [pictures = 0], values } = await golden.tensor("input.pred");
  const area = values.length / pictures;
  const parts = (all: Float64Array) =>
    Array.from({ length: pictures }, (_, at) => all.subarray(at * area, (at + 1) * area));
  const scores = parts(values);
  const truth = parts((await golden.tensor("input.mask")).values);
  const valid = parts((await golden.tensor("input.shape_mask")).values);
  const compared = scores.map((map, at) => ({
    scores: map,
    truth: truth[at] ?? [],
    valid: valid[at] ?? [],
  }));
  const counts = compared.map((it) => countPixels(it, threshold));
  for (const [mode, read] of Object.entries(MODES)) {
    yield { name: `output.f1.${mode}`, values: counts.map((it) => read(f1Score, it)) };
    yield { name: `output.iou.${mode}`, values: counts.map((it) => read(iouScore, it)) };
  }
  yield { name: "output.auc", values: compared.map((it) => scoreCurve(it).auc) };
  yield {
    name: "output.f1.no_shape_mask",
    values: compared.map(({ scores, truth }) => f1Score(countPixels({ scores, truth }, threshold))),
  };
  yield {
    name: "mid.tp_tn_fp_fn",
    values: counts.flatMap((it) => [
      it.truePositive,
      it.trueNegative,
      it.falsePositive,
      it.falseNegative,
    ]),
  };
}
