import type { ModelLoader } from "@vicinity/cli";
import { describeLidarDetector, LidarDetector } from "@vicinity/dsvt";
import type { BoxFinder } from "./box_finder.ts";

/** Loads DSVT's detectors. */
export const lidarLoader: ModelLoader<BoxFinder> = {
  check: (weights, { id }) => void describeLidarDetector(weights, { model: id }),
  load: async ({ gpu, weights, model, signal, onProgress }) =>
    await LidarDetector.load({ gpu, weights, model: model.id, signal, onProgress }),
};
