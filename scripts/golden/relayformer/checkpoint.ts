/** A file laid out like the published one. */
import { dirname, join } from "node:path";
import { loadNetwork } from "@vicinity/checkpoint";
import { openCheckpoint } from "@vicinity/checkpoint/deno";
import { describeRelayFormer, RelayFormer } from "@vicinity/relayformer";
import { GoldenError } from "../errors.ts";
import type { GoldenCase } from "../golden_case.ts";
import type { Produced, Tools } from "../runner.ts";
import { configOf } from "./config.ts";
import { forwardWith } from "./forward.ts";

/** The network as the file alone describes it. */
export async function* runCheckpoint(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using checkpoint = await openCheckpoint(join(dirname(golden.path), golden.text("checkpoint")));
  const { network } = describeRelayFormer(checkpoint);
  const [described, expected] = [network, configOf(golden)].map((config) => JSON.stringify(config));
  if (described !== expected) {
    throw new GoldenError(
      `Cannot run ${golden.path}: the file is described as ${described}, expected ${expected}.`,
    );
  }
  using loaded = await loadNetwork(
    checkpoint,
    (parameters, store) => new RelayFormer(parameters, store, network),
    { gpu },
  );
  yield* forwardWith(golden, loaded);
}
