/** Quality metrics of two short clips of bytes. */
import {
  blurEffect,
  gmsd,
  laplacianVariance,
  psnr,
  ssim,
  temporalDifferenceError,
  warpError,
} from "@vicinity/simplegvr";
import type { RgbPicture } from "@vicinity/vision";
import type { GoldenCase } from "../golden_case.ts";
import type { Produced } from "../runner.ts";
import { framesOf } from "./frames.ts";

/** All metrics, a value a frame or a pair of frames. */
export async function* runMetrics(golden: GoldenCase): AsyncGenerator<Produced> {
  const test = framesOf(await golden.tensor("input.test"));
  const reference = framesOf(await golden.tensor("input.reference"));
  const { values: [right = 0, down = 0] } = await golden.tensor("input.flow");
  const compared = (metric: (a: RgbPicture, b: RgbPicture) => number) =>
    test.flatMap((frame, index) => {
      const other = reference[index];
      return other ? [metric(frame, other)] : [];
    });
  yield { name: "output.psnr_rgb", values: compared((a, b) => psnr(a, b)) };
  yield { name: "output.psnr_y", values: compared((a, b) => psnr(a, b, "luma")) };
  yield { name: "output.ssim_y", values: compared((a, b) => ssim(a, b)) };
  yield { name: "output.ssim_rgb", values: compared((a, b) => ssim(a, b, "rgb")) };
  yield { name: "output.gmsd_y", values: compared(gmsd) };
  yield { name: "output.blur_effect_y", values: test.map(blurEffect) };
  yield { name: "output.laplacian_var_y", values: test.map(laplacianVariance) };
  const [testPairs, referencePairs] = [pairsOf(test), pairsOf(reference)];
  yield {
    name: "output.temporal_diff_error",
    values: testPairs.map((pair, index) =>
      temporalDifferenceError(pair, referencePairs[index] ?? pair)
    ),
  };
  yield {
    name: "output.warp_error",
    values: testPairs.map((pair) => warpError(pair, { right, down })),
  };
}

function pairsOf(frames: readonly RgbPicture[]) {
  return frames.slice(1).flatMap((after, index) => {
    const before = frames[index];
    return before ? [{ before, after }] : [];
  });
}
