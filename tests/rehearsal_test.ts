/** What is found out of the memory of a run without doing it, held against the run. */
import assert from "node:assert/strict";
import { blankCheckpoint, findModel, modelAddress } from "@vicinity/checkpoint";
import { openCheckpoint } from "@vicinity/checkpoint/deno";
import { dinat } from "@vicinity/dinat";
import { LidarDetector } from "@vicinity/dsvt";
import { ForgeryLocalizer } from "@vicinity/relayformer";
import { type Gpu, open, rehearsal } from "@vicinity/tensor";
import { tinyModel } from "./command_line.ts";
import type { TinyModel } from "./tiny_model.ts";

const WIDTH = 90;
const HEIGHT = 70;
const picture = {
  width: WIDTH,
  height: HEIGHT,
  data: Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, at) => at * 7 % 256),
};

/** Points on a spiral. */
const scan = {
  positions: Float32Array.from({ length: 3 * 900 }, (_, at) => {
    const angle = Math.floor(at / 3) / 40;
    return [angle * Math.cos(angle), angle * Math.sin(angle), -1][at % 3] ?? 0;
  }),
};

/** Loads a tiny model on a context and runs it; with zeros in place of its weights if wanted. */
type Run = (gpu: Gpu, path: string, isBlank: boolean) => Promise<void>;

function runs(
  run: (
    options: { gpu: Gpu; weights: Awaited<ReturnType<typeof openCheckpoint>> },
  ) => Promise<void>,
): Run {
  return async (gpu, path, isBlank) => {
    using weights = await openCheckpoint(path);
    await run({ gpu, weights: isBlank ? { ...weights, ...blankCheckpoint(weights) } : weights });
  };
}

const RUNS = {
  segment: runs(async (options) => {
    using model = await dinat.kinds.semantic.load(options);
    await model.run(picture);
    await model.run(picture, { flip: true, window: { size: [40, 48], stride: [32, 32] } });
  }),
  detect: runs(async (options) => {
    using model = await dinat.kinds.detect2d.load(options);
    await model.run(picture);
  }),
  classify: runs(async (options) => {
    using model = await dinat.kinds.classify.load(options);
    await model.run(picture);
  }),
  scan: runs(async (options) => {
    using model = await LidarDetector.load(options);
    await model.run(scan);
  }),
  manipulation: runs(async (options) => {
    using model = await ForgeryLocalizer.load(options);
    await Array.fromAsync(model.stream([picture, picture]));
  }),
} as const;

const pathOf = (name: string) =>
  name === "manipulation"
    ? modelAddress(findModel("relayformer-mini").file).pathname
    : tinyModel(name as TinyModel);

for (const [name, run] of Object.entries(RUNS)) {
  Deno.test(`the memory of ${name} is known to the byte without running it`, async () => {
    const path = await pathOf(name);
    using gpu = await open();
    await run(gpu, path, false);
    using idle = rehearsal(gpu.caps);
    await run(idle, path, true);
    assert.equal(idle.stats.peakBytes, gpu.stats.peakBytes);
    assert.equal(idle.stats.liveBytes, 0);
  });
}
