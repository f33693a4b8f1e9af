/** What programs need to know of this package: which models there are, what they are, how they load. */
import type { Checkpoint } from "@vicinity/checkpoint";
import { describedBy, type ModelKind, type ModelPackage } from "@vicinity/vision";
import { ConfigError, type SimpleGvrConfig } from "./config.ts";
import { describeSimpleGvr } from "./describe.ts";
import { SimpleGvr } from "./model.ts";
import { Upscaler } from "./upscaler.ts";

function describe(checkpoint: Checkpoint): SimpleGvrConfig {
  return describedBy(checkpoint, ConfigError, () => describeSimpleGvr(checkpoint));
}

/** SimpleGVR; its authors published neither code nor weights. */
export const simplegvr: ModelPackage<{ readonly upscale: ModelKind<Upscaler> }> = {
  id: "simplegvr",
  kinds: {
    upscale: {
      published: [],
      describe,
      check: (checkpoint) => SimpleGvr.check(checkpoint, describe(checkpoint)),
      load: (options) => Upscaler.load(options),
    },
  },
};
