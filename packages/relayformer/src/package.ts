/** What programs need to know of this package: which models there are, what they are, how they load. */
import { checkNetwork, type NetworkBuilder } from "@vicinity/checkpoint";
import { type ModelKind, type ModelPackage, officialModel } from "@vicinity/vision";
import { PUBLISHED } from "./config.ts";
import {
  describeRelayFormer,
  officialRelayFormer,
  type RelayFormerDescription,
} from "./describe.ts";
import { ForgeryLocalizer } from "./forgery_localizer.ts";
import { RelayFormer } from "./model.ts";

function network({ network: config }: RelayFormerDescription): NetworkBuilder<RelayFormer> {
  return (parameters, store) => new RelayFormer(parameters, store, config);
}

/** RelayFormer; its files describe themselves by their shapes. */
export const relayformer: ModelPackage<{
  readonly manipulation: ModelKind<ForgeryLocalizer, RelayFormerDescription>;
}> = {
  id: "relayformer",
  kinds: {
    manipulation: {
      published: PUBLISHED,
      describe: (checkpoint) => describeRelayFormer(checkpoint),
      official: (model) => officialModel(officialRelayFormer(model), network),
      check: (checkpoint) => checkNetwork(checkpoint, network(describeRelayFormer(checkpoint))),
      load: (options) => ForgeryLocalizer.load(options),
    },
  },
};
