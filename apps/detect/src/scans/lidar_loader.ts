import { CliError, type ModelLoader } from "@vicinity/cli";
import { ConfigError, describeLidarDetector, LidarDetector } from "@vicinity/dsvt";
import type { BoxFinder } from "./box_finder.ts";

/** Loads DSVT's detectors. */
export const lidarLoader: ModelLoader<BoxFinder> = {
  check: (weights, { id }) => {
    try {
      describeLidarDetector(weights, { model: id });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new CliError("WEIGHTS_MISMATCH", `this is no detector for scans: ${error.message}`, {
        file: weights.name,
        hint: "see --list-models",
        cause: error,
      });
    }
  },
  load: async ({ gpu, weights, model, signal, onProgress }) =>
    await LidarDetector.load({ gpu, weights, model: model.id, signal, onProgress }),
};
