import assert from "node:assert/strict";
import { type Checkpoint, CheckpointError } from "@vicinity/checkpoint";
import { type Gpu, open, OutOfMemoryError, ShapeError, type Tensor } from "@vicinity/tensor";
import type { ScoredBox3d } from "@vicinity/vision";
import { seededWeights } from "../../vision/src/testing/seeded_weights.ts";
import type { DsvtConfig } from "./config.ts";
import { LidarDetector } from "./lidar_detector.ts";
import { tinyConfig, tinyScan, tinyStagedConfig } from "./testing/tiny_detector.ts";

function checkpoint(metadata: Record<string, string> = {}): Checkpoint {
  return { ...seededWeights(), form: "safetensors", metadata };
}

function load(gpu: Gpu, config: DsvtConfig = tinyConfig()): Promise<LidarDetector> {
  return LidarDetector.load({ gpu, weights: checkpoint(), config });
}

/** Lets the context have memory to give out that others have used. */
function useMemory(gpu: Gpu): void {
  using _scope = gpu.scope();
  for (let bytes = 256; bytes <= 2 ** 21; bytes *= 2) {
    for (let copy = 0; copy < 4; copy++) {
      gpu.empty([bytes / 4]);
      gpu.empty([bytes * 3 / 8]);
    }
  }
}

Deno.test("boxes are those of the scan, whatever was looked at before", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  using detector = await load(gpu);
  const scan = tinyScan(900, 1);
  const alone = await detector.run(scan);
  assert(alone.length > 0);
  for (const { classId, score } of alone) {
    assert(detector.classes[classId] && score > 0 && score <= 1);
  }
  await detector.run(tinyScan(3000, 2));
  assert.deepEqual(await detector.run(scan), alone);
  const [best] = alone.toSorted((a, b) => b.score - a.score);
  const sure = await detector.run(scan, { scoreThreshold: (best?.score ?? 0) * 0.999 });
  assert.deepEqual(sure, alone.filter(({ score }) => score > (best?.score ?? 0) * 0.999));
});

Deno.test("debug mode finds nothing in the room that scans leave empty", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  useMemory(gpu);
  const reductions = ["attention", "linear", "maxpool"] as const;
  for (const config of [tinyConfig(), ...reductions.map(tinyStagedConfig)]) {
    using detector = await load(gpu, config);
    for (const points of [10, 900, 10]) {
      assert((await detector.run(tinyScan(points, points))).length > 0);
    }
  }
});

Deno.test("a scan without points in the range has no boxes", async () => {
  using gpu = await open();
  using detector = await load(gpu);
  for (const positions of [[], [50, 0, 0], [NaN, NaN, NaN], [0, 0, 1e30]]) {
    assert.deepEqual(await detector.run({ positions: Float32Array.from(positions) }), []);
  }
});

Deno.test("a stream of scans of one size needs no more memory and no more kernels", async () => {
  using gpu = await open();
  {
    using detector = await load(gpu);
    for (const seed of [1, 2, 3]) await detector.run(tinyScan(2000 + 5 * seed, seed));
    const { liveBytes, pipelines } = gpu.stats;
    for (let scan = 0; scan < 200; scan++) {
      await detector.run(tinyScan(1990 + scan % 20, scan));
    }
    assert.equal(gpu.stats.liveBytes, liveBytes);
    assert.equal(gpu.stats.pipelines, pipelines);
  }
  assert.equal(gpu.stats.liveBytes, 0);
});

Deno.test("scans of many sizes keep few plans", async () => {
  using gpu = await open();
  using detector = await load(gpu);
  const sizes = [10, 300, 700, 1500, 4000];
  for (const size of [...sizes, ...sizes]) await detector.run(tinyScan(size, size));
  const { liveBytes } = gpu.stats;
  for (const size of [...sizes, ...sizes]) await detector.run(tinyScan(size, size));
  assert.equal(gpu.stats.liveBytes, liveBytes);
});

Deno.test("the parts of a run are timed on request", async () => {
  using gpu = await open();
  using detector = await load(gpu);
  const stages: string[] = [];
  await detector.run(tinyScan(500, 1), {
    onStage: (stage, milliseconds) => {
      assert(milliseconds >= 0);
      stages.push(stage);
    },
  });
  assert.deepEqual(stages, ["voxelise", "points", "sets", "map", "boxes"]);
});

Deno.test("a scan that is too large for the memory does not spoil the next one", async () => {
  using gpu = await open();
  const config: DsvtConfig = { ...tinyConfig(), voxelSize: [0.08, 0.08, 6] };
  using detector = await load(gpu, config);
  const [small, large] = [tinyScan(200, 1), tinyScan(9000, 2)];
  const alone = await detector.run(small);
  const plan = gpu.plan.bind(gpu);
  gpu.plan = (options) => {
    if (options.name.startsWith("map")) throw new OutOfMemoryError(2, 1, 1);
    return plan(options);
  };
  await assert.rejects(detector.run(large), OutOfMemoryError);
  gpu.plan = plan;
  assert.deepEqual(await detector.run(small), alone);
  assert((await detector.run(large)).length > 0);
});

Deno.test("runs that overlap give what they give one after the other", async () => {
  using gpu = await open();
  using detector = await load(gpu);
  const scans = [tinyScan(900, 1), tinyScan(900, 2), tinyScan(700, 3)];
  const alone: ScoredBox3d[][] = [];
  for (const scan of scans) alone.push(await detector.run(scan));
  assert.notDeepEqual(alone[0], alone[1]);
  assert.deepEqual(await Promise.all(scans.map((scan) => detector.run(scan))), alone);
  const onStage = () => {};
  const timed = [{ onStage }, {}, { onStage }];
  const together = scans.map((scan, at) => detector.run(scan, timed[at]));
  assert.deepEqual(await Promise.all(together), alone);
});

Deno.test("tensors that others make while a detector is loaded are not freed", async () => {
  using gpu = await open();
  let loading = true;
  const loaded = load(gpu).finally(() => loading = false);
  const others: Tensor[] = [];
  while (loading) {
    others.push(gpu.empty([4]));
    await Promise.resolve();
  }
  using _detector = await loaded;
  assert(others.length > 0 && others.every(({ storage }) => storage.buffer !== null));
});

Deno.test("lists of a scan have to be of one length", async () => {
  using gpu = await open();
  using detector = await load(gpu);
  await assert.rejects(detector.run({ positions: new Float32Array(4) }), ShapeError);
  const scan = { positions: new Float32Array(6), intensity: new Float32Array(3) };
  await assert.rejects(detector.run(scan), /6 coordinates and 3 values of intensity/);
});

Deno.test("a file that does not describe itself needs a name", async () => {
  await assert.rejects(
    LidarDetector.load({ weights: checkpoint(), model: "dsvt-kitti" }),
    (error) =>
      error instanceof CheckpointError &&
      /"dsvt-kitti" is no published one\. Name one of dsvt-waymo-pillar, /.test(error.message),
  );
  await assert.rejects(
    LidarDetector.load({ weights: checkpoint({ config: "{" }) }),
    /its configuration is no JSON/,
  );
});
