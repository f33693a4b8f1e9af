import assert from "node:assert/strict";
import { loadNetwork } from "@vicinity/checkpoint";
import { open } from "@vicinity/tensor";
import { seededWeights } from "../../vision/src/testing/seeded_weights.ts";
import { UperNetDinat, type UperNetDinatConfig } from "./dense.ts";

const TINY: UperNetDinatConfig = {
  backbone: {
    layout: "nat",
    embedDim: 8,
    mlpRatio: 2,
    depths: [1, 1, 1, 1],
    heads: [1, 1, 2, 2],
    kernel: 3,
    dilations: [[5], [3], [1], [1]],
    layerScale: false,
  },
  channels: 8,
  classes: 3,
  poolScales: [1, 2, 3, 6],
};

Deno.test("a network takes the memory that its plan states, to the byte", async () => {
  using gpu = await open();
  const { network, dispose } = await loadNetwork(
    seededWeights(),
    (parameters, store) => new UperNetDinat(parameters, store, TINY),
    { gpu },
  );
  const loaded = gpu.stats.liveBytes;
  // Odd maps, and one that is smaller than its neighbourhoods.
  using plan = gpu.plan({
    name: "upernet",
    inputs: { x: { shape: [1, 53, 71, 3] } },
    run: ({ x }) => ({ logits: network.forward(x).logits }),
  });
  assert.equal(gpu.stats.liveBytes - loaded, plan.peakBytes);
  dispose();
});
