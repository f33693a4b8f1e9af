/** Colour corrections of frames `[frames, channels, rows, cols]`. */
import { matchLowFrequencies, matchStatistics, splitFrequencies } from "@vicinity/simplegvr";
import type { GoldenCase, GoldenTensor } from "../golden_case.ts";
import { channelsFirst, channelsLast, joined, samplesOf } from "../layout.ts";
import type { Produced } from "../runner.ts";

/** Every correction, and the split that one of them rests on. */
export async function* runColourFix(golden: GoldenCase): AsyncGenerator<Produced> {
  const contents = samplesOf(await golden.tensor("input.content"), 3);
  const styles = samplesOf(await golden.tensor("input.style"), 3);
  const corrected = (fix: (content: GoldenTensor, style: GoldenTensor) => ArrayLike<number>) =>
    joined(contents.flatMap((content, index) => {
      const style = styles[index];
      const [channels = 1] = content.shape;
      if (!style) return [];
      return [channelsFirst(fix(channelsLast(content), channelsLast(style)), channels)];
    }));
  yield {
    name: "mid.high",
    values: corrected((content) => splitFrequencies(content.values, sizeOf(content)).high),
  };
  yield {
    name: "mid.low",
    values: corrected((content) => splitFrequencies(content.values, sizeOf(content)).low),
  };
  for (const unbiased of [false, true]) {
    yield {
      name: `output.adain_${unbiased ? "unbiased" : "biased"}`,
      values: corrected((content, style) =>
        matchStatistics(content.values, style.values, { ...sizeOf(content), unbiased })
      ),
    };
  }
  yield {
    name: "output.wavelet",
    values: corrected((content, style) =>
      matchLowFrequencies(content.values, style.values, sizeOf(content))
    ),
  };
}

function sizeOf({ shape }: GoldenTensor) {
  const [rows = 0, cols = 0, channels = 1] = shape;
  return { rows, cols, channels };
}
