import assert from "node:assert/strict";
import { open, sizeOf } from "@vicinity/tensor";
import { ClipStream, type ClipStreamOptions } from "./clip_stream.ts";
import type { ParkedClip } from "./clip_state.ts";
import type { Frame } from "./frame_clips.ts";
import { planGeometry } from "./geometry.ts";
import { SimpleGvr } from "./model.ts";
import { hashWeights } from "./testing/hash_weights.ts";
import { TINY, waves } from "./testing/tiny.ts";
import { BlockPlans, splitFrames, Wavefront } from "./wavefront.ts";

const ONE_STEP = { times: [1, 0], augmentation: 0 };
const SAMPLED = { times: [1, 0.6, 0.2, 0], augmentation: 0.3, seed: 7 };

async function pass(stream: ClipStream, frames: readonly Frame[]): Promise<Frame[]> {
  const result: Frame[] = [];
  for (const frame of frames) result.push(...await stream.push(frame));
  return [...result, ...await stream.finish()];
}

/** Sums of another length of run may round differently: by one step, in one value of a thousand. */
function assertSame(
  frames: readonly Frame[],
  expected: readonly Frame[],
  name: string,
): void {
  assert.equal(frames.length, expected.length);
  let different = 0;
  for (const [index, { data }] of frames.entries()) {
    for (const [at, value] of data.entries()) {
      const step = Math.abs(value - (expected[index]?.data[at] ?? NaN));
      assert(step <= 1, `${name}: value ${at} of frame ${index} is off by ${step}`);
      different += step;
    }
  }
  const values = frames.reduce((sum, { data }) => sum + data.length, 0);
  assert(different <= values / 1000, `${name}: ${different} of ${values} values differ`);
}

Deno.test("any cut of a clip into chunks and tiles gives the same frames, step by step or at once", async () => {
  using gpu = await open();
  const model = await SimpleGvr.build(gpu, hashWeights(), TINY);
  const frames = waves(13, 26, 18);
  const geometry = planGeometry(TINY, frames[0] ?? { width: 1, height: 1 }, 2);
  for (const sampling of [ONE_STEP, SAMPLED]) {
    const run = async (options: Pick<ClipStreamOptions, "chunk" | "tile">) => {
      const stream = new ClipStream(gpu, model, geometry, { sampling, ...options });
      const first = await pass(stream, frames);
      const second = await pass(stream, frames);
      stream.dispose();
      assert.deepEqual(second, first, "a second clip through the same stream differs");
      return first;
    };
    const whole = await run({ chunk: frames.length });
    assert.equal(whole.length, frames.length);
    for (const options of [{ chunk: 1 }, { chunk: 4 }, { chunk: 5, tile: 3 }]) {
      const cut = await run(options);
      assertSame(cut, whole, JSON.stringify(options));
    }
  }
  model.dispose();
});

Deno.test("clips that take turns in one stream come out as if each had its own", async () => {
  using gpu = await open();
  const model = await SimpleGvr.build(gpu, hashWeights(), TINY);
  const clips = [waves(11, 18, 12), waves(22, 18, 12).slice(11)];
  const geometry = planGeometry(TINY, { width: 18, height: 12 }, 2);
  const openStream = (sampling: ClipStreamOptions["sampling"]) =>
    new ClipStream(gpu, model, geometry, { sampling, chunk: 2 });
  for (const sampling of [ONE_STEP, SAMPLED]) {
    const own = openStream(sampling);
    const expected = [];
    for (const frames of clips) expected.push(await pass(own, frames));
    own.dispose();
    const before = gpu.stats.liveBytes;
    const done: Frame[][] = [[], []];
    const parked: ParkedClip[] = [];
    let shared = openStream(sampling);
    for (let start = 0; start < 11; start += 3) {
      for (const [index, frames] of clips.entries()) {
        const state = parked[index];
        if (state) shared.resume(state);
        for (const frame of frames.slice(start, start + 3)) {
          done[index]?.push(...await shared.push(frame));
        }
        if (start + 3 >= 11) done[index]?.push(...await shared.finish());
        else parked[index] = await shared.park();
      }
      // What is parked outlives the stream.
      shared.dispose();
      shared = openStream(sampling);
    }
    shared.dispose();
    assert.deepEqual(done, expected);
    assert.equal(gpu.stats.liveBytes, before);
  }
  model.dispose();
});

Deno.test("the wavefront gives what the transformer gives for the whole clip", async () => {
  using gpu = await open();
  const model = await SimpleGvr.build(gpu, hashWeights(), TINY);
  const { dit } = model.net;
  const grid = { frames: 23, rows: 6, cols: 7 };
  const tables = dit.tables(grid);
  dit.setTime(1);
  const shape = [grid.frames, grid.rows, grid.cols, dit.config.inDim];
  const latent = gpu.tensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, index) => Math.sin(index * 1.7)),
  );
  const [whole = []] = await gpu.read([dit.forward(latent, tables)]);
  const plans = new BlockPlans(gpu, dit, tables);
  const wavefront = new Wavefront(gpu, dit, plans);
  const tokens = splitFrames(dit.embed(latent));
  const done = [];
  let most = 0;
  for (const frame of tokens) {
    done.push(...wavefront.push([frame]));
    most = Math.max(most, wavefront.waiting);
  }
  done.push(...wavefront.finish());
  assert.equal(done.length, grid.frames);
  assert(most <= 4 * TINY.net.dit.numLayers, `${most} frames waited`);
  const area = whole.length / grid.frames;
  for (const [index, frame] of done.entries()) {
    const [velocity = []] = await gpu.read([
      dit.unembed({ ...frame, shape: [1, ...frame.shape] }),
    ]);
    for (let i = 0; i < area; i++) {
      const difference = Math.abs((velocity[i] ?? NaN) - (whole[index * area + i] ?? 0));
      assert(difference < 1e-5, `frame ${index} value ${i} is off by ${difference}`);
    }
  }
  plans.dispose();
  tables.dispose();
  model.dispose();
});

Deno.test("memory stays flat however long the clip is, and all of it comes back", async () => {
  using gpu = await open();
  const start = gpu.stats.liveBytes;
  const model = await SimpleGvr.build(gpu, hashWeights(), TINY);
  const frames = waves(40, 16, 16);
  const geometry = planGeometry(TINY, { width: 16, height: 16 }, 2);
  const stream = new ClipStream(gpu, model, geometry, { sampling: ONE_STEP, chunk: 2 });
  const live: number[] = [];
  for (const frame of frames) {
    await stream.push(frame);
    live.push(gpu.stats.liveBytes);
  }
  assert.equal(Math.max(...live.slice(30)), Math.max(...live.slice(20, 30)));
  stream.dispose();
  model.dispose();
  assert.equal(gpu.stats.liveBytes, start);
});
