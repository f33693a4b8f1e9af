import assert from "node:assert/strict";
import { CheckpointError, memorySource, writeSafetensors } from "@vicinity/checkpoint";
import {
  type Gpu,
  NumericError,
  open,
  OutOfMemoryError,
  type Samples,
  ShapeError,
} from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { ScaleError } from "./geometry.ts";
import { hashWeights } from "./testing/hash_weights.ts";
import { TINY, waves } from "./testing/tiny.ts";
import { SimpleGvr } from "./model.ts";
import { type UpscaleOptions, Upscaler } from "./upscaler.ts";
import { WindowError } from "./work_plan.ts";

async function tinyUpscaler(gpu: Gpu, config = TINY): Promise<Upscaler> {
  return Upscaler.over(gpu, await SimpleGvr.build(gpu, hashWeights(), config));
}

async function collect<S extends Samples>(
  frames: AsyncIterable<RgbPicture<S>>,
): Promise<RgbPicture<S>[]> {
  const all: RgbPicture<S>[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

Deno.test("every frame comes out once, in the scaled size, down to a single pixel", async () => {
  using gpu = await open();
  using upscaler = await tinyUpscaler(gpu);
  for (
    const [count, width, height, scale] of [
      [1, 1, 1, 2],
      [3, 5, 3, 3],
      [7, 13, 9, 1.5],
      [6, 20, 12, 4],
      [0, 8, 8, 2],
    ] as const
  ) {
    const frames = await collect(
      upscaler.upscale(waves(count, width, height), { width, height, scale }),
    );
    assert.equal(frames.length, count);
    for (const frame of frames) {
      assert.equal(frame.width, Math.round(width * scale));
      assert.equal(frame.height, Math.round(height * scale));
      assert.equal(frame.data.length, frame.width * frame.height * 3);
    }
  }
});

Deno.test("frames of 16 bits come out as those of 8 bits do, with all levels between", async () => {
  using gpu = await open();
  using upscaler = await tinyUpscaler(gpu);
  const size = { width: 40, height: 8 };
  const shallow = waves(3, 40, 8);
  const deep = shallow.map((frame) => ({
    ...frame,
    data: Uint16Array.from(frame.data, (value) => value * 257),
  }));
  const expected = await collect(upscaler.upscale(shallow, size));
  const frames = await collect(upscaler.upscale(deep, size));
  assert.equal(frames.length, 3);
  for (const [index, { data }] of frames.entries()) {
    assert(data instanceof Uint16Array);
    for (const [at, value] of data.entries()) {
      const step = Math.abs(value / 257 - (expected[index]?.data[at] ?? NaN));
      assert(step <= 0.51, `frame ${index}, sample ${at}: off by ${step} steps of 8 bits`);
    }
  }
  const ramp = { ...size, data: Uint16Array.from({ length: 960 }, (_, at) => 30_000 + at) };
  const [enlarged] = await collect(upscaler.upscale([ramp], { ...size, frames: 1 }));
  const levels = new Set(enlarged?.data);
  assert(levels.size > 500, `${levels.size} levels`);
});

Deno.test("frames of 8 and of 16 bits do not mix", async () => {
  using gpu = await open();
  using upscaler = await tinyUpscaler(gpu);
  const size = { width: 8, height: 8 };
  const frames = [new Uint8Array(192), new Uint16Array(192)].map((data) => ({ ...size, data }));
  await assert.rejects(
    collect(upscaler.upscale<Samples>(frames, size)),
    (error) => error instanceof ShapeError && /16 bits in a clip of 8/.test(error.message),
  );
});

Deno.test("nothing of one scene leaks into the next", async () => {
  using gpu = await open();
  using upscaler = await tinyUpscaler(gpu);
  const size = { width: 16, height: 16 };
  const dark = waves(4, 16, 16).map((frame) => ({ ...frame, data: frame.data.map((v) => v >> 2) }));
  const light = waves(6, 16, 16).map((frame) => ({
    ...frame,
    data: frame.data.map((v) => 255 - (v >> 2)),
  }));
  const together = await collect(upscaler.upscale([...dark, ...light], size));
  const apart = await collect(upscaler.upscale(light, size));
  assert.deepEqual(together.slice(4), apart);
});

Deno.test("a video is cut into clips of the length that the network knows", async () => {
  using gpu = await open();
  const size = { width: 16, height: 16 };
  using endless = await tinyUpscaler(gpu);
  using limited = await tinyUpscaler(gpu, { ...TINY, clip: 3 });
  const frames = waves(7, 16, 16);
  const together = await collect(limited.upscale(frames, size));
  const apart = [];
  for (const start of [0, 3, 6]) {
    apart.push(...await collect(endless.upscale(frames.slice(start, start + 3), size)));
  }
  assert.deepEqual(together, apart);
  assert.notDeepEqual(together, await collect(endless.upscale(frames, size)));
  assert.deepEqual(await collect(endless.upscale(frames, { ...size, window: 3 })), apart);
  await assert.rejects(collect(limited.upscale(frames, { ...size, window: 4 })), WindowError);
});

Deno.test("the same input gives the same bytes, and detail mode follows seed, steps and noise", async () => {
  using gpu = await open();
  using upscaler = await tinyUpscaler(gpu);
  const size = { width: 12, height: 12 };
  const run = (options: Partial<UpscaleOptions>) =>
    collect(upscaler.upscale(waves(3, 12, 12), { ...size, mode: "detail", seed: 1, ...options }));
  const first = await run({});
  assert.deepEqual(first, await run({ steps: 4, noise: 0.35 }));
  for (const other of [{ seed: 2 }, { steps: 2 }, { noise: 0.1 }]) {
    assert.notDeepEqual(first, await run(other));
  }
});

/** Mean of each colour over a frame. */
function meanColours({ data }: RgbPicture): number[] {
  return [0, 1, 2].map((colour) => {
    const values = data.filter((_, at) => at % 3 === colour);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

Deno.test("detail keeps the colours of the source where fidelity does not, in streams and in tiles", async () => {
  using roomy = await open();
  using narrow = await open({ budgetBytes: 32 << 20 });
  const drift = async (gpu: Gpu, count: number, options: UpscaleOptions) => {
    using upscaler = await tinyUpscaler(gpu);
    const sources = waves(count, options.width, options.height);
    const frames = await collect(upscaler.upscale(sources, { steps: 2, ...options }));
    assert.equal(frames.length, count);
    const drifts = frames.flatMap((frame, index) => {
      const wanted = meanColours(sources[index] ?? frame);
      return meanColours(frame).map((mean, colour) => Math.abs(mean - (wanted[colour] ?? NaN)));
    });
    return Math.max(...drifts);
  };
  const odd = { width: 45, height: 31 };
  assert((await drift(roomy, 2, odd)) > 3, "the network changes no colours");
  const detail = { ...odd, mode: "detail" } as const;
  for (const options of [detail, { ...detail, tile: 24 }, { ...detail, scale: 3, window: 3 }]) {
    const drifted = await drift(roomy, 7, options);
    assert(drifted < 1, `${JSON.stringify(options)}: colours drifted by ${drifted}`);
  }
  const large = { width: 181, height: 133, mode: "detail", frames: 1 } as const;
  const drifted = await drift(narrow, 1, large);
  assert(drifted < 1, `colours of tiles drifted by ${drifted}`);
});

Deno.test("the share of a picture that is done grows to the whole, tile after tile, and changes no pixel", async () => {
  using gpu = await open();
  using upscaler = await tinyUpscaler(gpu);
  const size = { width: 16, height: 16 };
  const silent = await collect(upscaler.upscale(waves(1, 16, 16), { ...size, frames: 1 }));
  const shares: number[] = [];
  const onShare = (share: number) => void shares.push(share);
  const told = await collect(upscaler.upscale(waves(1, 16, 16), { ...size, frames: 1, onShare }));
  assert.deepEqual(told, silent);
  assert(shares.length > 1, `told ${shares.length} times`);
  assert(shares.every((share, at) => share >= (shares[at - 1] ?? 0) && share <= 1), `${shares}`);
  assert.equal(shares.at(-1), 1);
  const before = shares.length;
  await collect(upscaler.upscale(waves(2, 16, 16), { ...size, frames: 2, onShare }));
  assert.equal(shares.length, before);
});

Deno.test("an abort stops between frames and gives all memory back", async () => {
  using gpu = await open();
  using upscaler = await tinyUpscaler(gpu);
  await collect(upscaler.upscale(waves(1, 16, 16), { width: 16, height: 16 }));
  const before = gpu.stats.liveBytes;
  const controller = new AbortController();
  const frames = function* () {
    for (const [index, frame] of waves(30, 16, 16).entries()) {
      if (index === 12) controller.abort();
      yield frame;
    }
  };
  await assert.rejects(
    collect(
      upscaler.upscale(frames(), { width: 16, height: 16, signal: controller.signal }),
    ),
    { name: "AbortError" },
  );
  assert.equal(gpu.stats.liveBytes, before);
});

Deno.test("a consumer that stops early leaves no memory behind", async () => {
  using gpu = await open();
  using upscaler = await tinyUpscaler(gpu);
  await collect(upscaler.upscale(waves(1, 16, 16), { width: 16, height: 16 }));
  const before = gpu.stats.liveBytes;
  for await (const _ of upscaler.upscale(waves(30, 16, 16), { width: 16, height: 16 })) break;
  assert.equal(gpu.stats.liveBytes, before);
});

Deno.test("impossible requests are refused with what to do", async () => {
  using gpu = await open();
  using upscaler = await tinyUpscaler(gpu);
  const run = (options: { width: number; height: number; scale?: number }) =>
    collect(upscaler.upscale(waves(1, 8, 8), options));
  await assert.rejects(run({ width: 8, height: 8, scale: 8 }), ScaleError);
  await assert.rejects(run({ width: 8, height: 8, scale: 0.5 }), ScaleError);
  await assert.rejects(run({ width: 8, height: 8, scale: Math.PI }), ScaleError);
  await assert.rejects(run({ width: 9, height: 8 }), ShapeError);
});

Deno.test("a picture that does not fit in one pass comes out whole, from tiles", async () => {
  using roomy = await open();
  using gpu = await open({ budgetBytes: 48 << 20 });
  const [frame = { width: 1, height: 1, data: new Uint8Array(3) }] = waves(1, 300, 170);
  const options = { width: 300, height: 170, frames: 1 };
  using whole = await tinyUpscaler(roomy);
  using tiled = await tinyUpscaler(gpu);
  const [expected] = await collect(whole.upscale([frame], options));
  const [actual] = await collect(tiled.upscale([frame], options));
  assert.equal(actual?.data.length, 600 * 340 * 3);
  const errors = [...actual.data].map((v, at) => Math.abs(v - (expected?.data[at] ?? 0)));
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  assert(mean < 0.5, `tiles differ from the whole by ${mean} on average`);
  await assert.rejects(
    collect(tiled.upscale([frame], { ...options, tile: 0 })),
    OutOfMemoryError,
  );
});

Deno.test("a video of clips that does not fit in one pass comes out whole, from tiles in turn", async () => {
  using roomy = await open();
  using gpu = await open({ budgetBytes: 40 << 20 });
  const config = { ...TINY, clip: 3 };
  const size = { width: 300, height: 170 };
  using whole = await tinyUpscaler(roomy, config);
  using tiled = await tinyUpscaler(gpu, config);
  await collect(tiled.upscale(waves(1, 16, 16), { width: 16, height: 16 }));
  const before = gpu.stats.liveBytes;
  const expected = await collect(whole.upscale(waves(4, 300, 170), size));
  const actual = await collect(tiled.upscale(waves(4, 300, 170), size));
  assert.equal(actual.length, 4);
  for (const [index, { data }] of actual.entries()) {
    const errors = data.map((v, at) => Math.abs(v - (expected[index]?.data[at] ?? 0)));
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    assert(mean < 1, `tiles of frame ${index} differ from the whole by ${mean} on average`);
  }
  assert.equal(gpu.stats.liveBytes, before);
});

Deno.test("a scene without end that does not fit in one pass comes out whole, tile by tile in turn", async () => {
  const budgetBytes = 44 << 20;
  using roomy = await open();
  using gpu = await open({ budgetBytes });
  const size = { width: 300, height: 48 };
  using whole = await tinyUpscaler(roomy);
  using tiled = await tinyUpscaler(gpu);
  const frames = waves(25, size.width, size.height);
  const expected = await collect(whole.upscale(frames, size));
  await collect(tiled.upscale(waves(1, 16, 16), { width: 16, height: 16 }));
  const before = gpu.stats.liveBytes;
  const actual = await collect(tiled.upscale(frames, size));
  assert.equal(gpu.stats.liveBytes, before);
  assert.ok(roomy.stats.peakBytes > budgetBytes);
  assert.equal(actual.length, 25);
  for (const [index, { data }] of actual.entries()) {
    const errors = data.map((v, at) => Math.abs(v - (expected[index]?.data[at] ?? 0)));
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    assert(mean < 1, `tiles of frame ${index} differ from the whole by ${mean} on average`);
  }
});

/** Lets the making of some plans fail for want of memory, as a driver does that has less than planned with. */
function failPlans(gpu: Gpu, fails: (made: { name: string; largestBinding: number }) => boolean) {
  const plan = gpu.plan.bind(gpu);
  gpu.plan = (options) => {
    const made = plan(options);
    if (!fails(made)) return made;
    made.dispose();
    throw new OutOfMemoryError(made.largestBinding, 0, gpu.budgetBytes);
  };
}

Deno.test("where the driver has less memory than planned with, smaller tiles are tried", async () => {
  using gpu = await open();
  using upscaler = await tinyUpscaler(gpu, { ...TINY, clip: 2 });
  const [size, taken] = [{ width: 300, height: 40 }, [0]];
  let limit = Infinity;
  failPlans(gpu, ({ largestBinding }) => taken.push(largestBinding) > 0 && largestBinding > limit);
  await collect(upscaler.upscale(waves(3, 300, 40), size));
  limit = Math.max(...taken) - 1;
  const frames = await collect(upscaler.upscale(waves(3, 300, 40), size));
  assert.deepEqual(frames.map(({ width, height }) => [width, height]), Array(3).fill([600, 80]));
});

Deno.test("no step that runs out of memory leaves any behind", async () => {
  using gpu = await open();
  using upscaler = await tinyUpscaler(gpu, { ...TINY, clip: 2 });
  const size = { width: 16, height: 16, mode: "detail" } as const;
  let failing = "none";
  failPlans(gpu, ({ name }) => name.startsWith(failing));
  await collect(upscaler.upscale(waves(3, 16, 16), size));
  const before = gpu.stats.liveBytes;
  for (failing of ["encode", "embed", "block", "step", "decode"]) {
    await assert.rejects(collect(upscaler.upscale(waves(3, 16, 16), size)), OutOfMemoryError);
    assert.equal(gpu.stats.liveBytes, before, failing);
  }
});

Deno.test("a budget that is too small is a typed error, and the context stays usable", async () => {
  using roomy = await open();
  using _model = await tinyUpscaler(roomy);
  // How large packed weights are depends on the adapter.
  using gpu = await open({ budgetBytes: roomy.stats.liveBytes + (1 << 20) });
  using upscaler = await tinyUpscaler(gpu);
  await assert.rejects(
    collect(upscaler.upscale(waves(2, 400, 400), { width: 400, height: 400 })),
    OutOfMemoryError,
  );
  const frames = await collect(upscaler.upscale(waves(2, 8, 8), { width: 8, height: 8 }));
  assert.equal(frames.length, 2);
});

Deno.test("a result that is no number is an error, not a white picture", async () => {
  using gpu = await open();
  const overflowing = hashWeights((key) => key.startsWith("vae.decoder") ? 1e38 : 1);
  using upscaler = Upscaler.over(gpu, await SimpleGvr.build(gpu, overflowing, TINY));
  await assert.rejects(
    collect(upscaler.upscale(waves(2, 8, 8), { width: 8, height: 8 })),
    NumericError,
  );
});

Deno.test("damaged and foreign files are refused", async () => {
  const foreign = writeSafetensors([{ name: "a", dtype: "F32", shape: [1], values: [1] }]);
  await assert.rejects(Upscaler.load({ weights: memorySource(foreign) }), CheckpointError);
  const cut = foreign.subarray(0, foreign.length - 3);
  await assert.rejects(Upscaler.load({ weights: memorySource(cut) }), CheckpointError);
  const other = memorySource(
    writeSafetensors([], { config: '{"classes": 3}' }),
    "other.safetensors",
  );
  await assert.rejects(
    Upscaler.load({ weights: other }),
    /^CheckpointError: Cannot load other\.safetensors as a SimpleGVR model\. Cannot read .* Use a file of this network\.$/,
  );
});
