/** What programs need to know of this package: which models there are, what they are, how they load. */
import type { ModelKind, ModelPackage } from "@vicinity/vision";
import type { SimpleGvrConfig } from "./config.ts";
import { describeSimpleGvr } from "./describe.ts";
import { SimpleGvr } from "./model.ts";
import { Upscaler } from "./upscaler.ts";
import { WorkPlanner } from "./work_plan.ts";

/** SimpleGVR; its authors published neither code nor weights. */
export const simplegvr: ModelPackage<{ readonly upscale: ModelKind<Upscaler, SimpleGvrConfig> }> = {
  id: "simplegvr",
  kinds: {
    upscale: {
      published: [],
      describe: (checkpoint) => describeSimpleGvr(checkpoint),
      official: () => undefined,
      check: (checkpoint) => SimpleGvr.check(checkpoint, describeSimpleGvr(checkpoint)),
      planner: (checkpoint) => {
        const config = describeSimpleGvr(checkpoint);
        return (room, frames) => new WorkPlanner(config, room).plan(frames);
      },
      load: (options) => Upscaler.load(options),
    },
  },
};
