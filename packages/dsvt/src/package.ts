/** What programs need to know of this package: which models there are, what they are, how they load. */
import { checkNetwork, type Checkpoint, type NetworkBuilder } from "@vicinity/checkpoint";
import {
  ConfigError,
  describedBy,
  type ModelKind,
  type ModelPackage,
  officialModel,
} from "@vicinity/vision";
import type { DsvtConfig } from "./config.ts";
import { CONFIGURATIONS, OFFICIAL_SITE } from "./configurations.ts";
import { describeLidarDetector } from "./describe.ts";
import { LidarDetector } from "./lidar_detector.ts";
import { Dsvt } from "./model.ts";

const KIND = { title: "a DSVT detector", fault: ConfigError };

function describe(checkpoint: Checkpoint, model?: string): DsvtConfig {
  return describedBy(checkpoint, KIND, () => describeLidarDetector(checkpoint, { model }));
}

function network(config: DsvtConfig): NetworkBuilder<Dsvt> {
  return (parameters, store) => new Dsvt(parameters, store, config);
}

/** DSVT. */
export const dsvt: ModelPackage<{ readonly detect3d: ModelKind<LidarDetector, DsvtConfig> }> = {
  id: "dsvt",
  kinds: {
    detect3d: {
      published: Object.keys(CONFIGURATIONS).map((id) => ({
        id,
        source: OFFICIAL_SITE,
        licence: "not stated",
      })),
      describe,
      official: (model) => officialModel(CONFIGURATIONS[model], network),
      check: (checkpoint, model) => checkNetwork(checkpoint, network(describe(checkpoint, model))),
      load: (options) => LidarDetector.load(options),
    },
  },
};
