import assert from "node:assert/strict";
import { loadNetwork } from "@vicinity/checkpoint";
import { open } from "@vicinity/tensor";
import { seededWeights } from "../../vision/src/testing/seeded_weights.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { gridOf } from "./grid.ts";
import { Dsvt } from "./model.ts";

/** Bytes that every WebGPU adapter binds. */
const DEFAULT_BINDING = 128 * 2 ** 20;

Deno.test("the widest map of the published detectors is never one tensor", async () => {
  using gpu = await open({ defaultLimits: true });
  const config = CONFIGURATIONS["dsvt-waymo-pillar"];
  assert(config);
  const [nx, ny] = gridOf(config);
  using loaded = await loadNetwork(
    seededWeights(),
    (parameters, store) => new Dsvt(parameters, store, config),
    { gpu },
  );
  using plan = gpu.plan({
    name: "map",
    inputs: {
      voxels: { shape: [25_000, 192] },
      pixels: { shape: [1, ny, nx], dtype: "u32" },
    },
    run: ({ voxels, pixels }) => loaded.network.look(voxels, pixels).outputs,
  });
  assert(4 * nx * ny * 384 > DEFAULT_BINDING);
  assert(plan.largestBinding <= DEFAULT_BINDING, `${plan.largestBinding}`);
  assert(plan.peakBytes < 2 ** 30, `${plan.peakBytes}`);
});
