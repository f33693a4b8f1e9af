/** What programs need to know of this package: which models there are, what they are, how they load. */
import { checkNetwork } from "@vicinity/checkpoint";
import type { ModelKind, ModelPackage } from "@vicinity/vision";
import { PUBLISHED } from "./config.ts";
import { describeRelayFormer } from "./describe.ts";
import { ForgeryLocalizer } from "./forgery_localizer.ts";
import { RelayFormer } from "./model.ts";

/** RelayFormer; its files describe themselves by their shapes. */
export const relayformer: ModelPackage<{ readonly manipulation: ModelKind<ForgeryLocalizer> }> = {
  id: "relayformer",
  kinds: {
    manipulation: {
      published: PUBLISHED,
      describe: (checkpoint) => describeRelayFormer(checkpoint),
      check: (checkpoint) => {
        const { network } = describeRelayFormer(checkpoint);
        checkNetwork(
          checkpoint,
          (parameters, store) => new RelayFormer(parameters, store, network),
        );
      },
      load: (options) => ForgeryLocalizer.load(options),
    },
  },
};
