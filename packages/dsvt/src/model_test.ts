import assert from "node:assert/strict";
import { loadNetwork, Parameters, WeightStore } from "@vicinity/checkpoint";
import { open, sizeOf } from "@vicinity/tensor";
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

/** Entries of the official state dicts, and what `sum(p.numel() for p in model.parameters())` gives. */
const OFFICIAL = {
  "dsvt-waymo-pillar": { entries: 391, parameters: 8_653_292 },
  "dsvt-waymo-voxel": { entries: 412, parameters: 9_102_188 },
  "dsvt-nuscenes-pillar": { entries: 449, parameters: 7_118_559 },
} as const;

Deno.test("published detectors have the entries and parameters of the official ones", async () => {
  using gpu = await open();
  for (const [name, expected] of Object.entries(OFFICIAL)) {
    const config = CONFIGURATIONS[name];
    assert(config, name);
    const asked = new Map<string, readonly number[]>();
    const source = seededWeights();
    const noted = {
      ...source,
      find: (key: string, shape: readonly number[] = []) => {
        asked.set(key, shape);
        return source.find(key, shape);
      },
    };
    new Dsvt(new Parameters(gpu), WeightStore.over(noted), config);
    const means = [...asked.keys()].filter((key) => key.endsWith("running_mean"));
    const trained = [...asked].filter(([key]) => !key.includes("running_"));
    // Beside the weights there are a counter for each batch norm and one for the whole.
    const entries = asked.size + means.length + 1;
    const parameters = trained.reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
    assert.deepEqual({ entries, parameters }, expected, name);
  }
});
