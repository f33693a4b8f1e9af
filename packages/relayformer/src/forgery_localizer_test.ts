import assert from "node:assert/strict";
import { CheckpointError, memorySource, writeSafetensors } from "@vicinity/checkpoint";
import { open, OutOfMemoryError, ShapeError } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { ForgeryLocalizer, type Localization } from "./forgery_localizer.ts";
import { optionsOf, TINY, tinyCheckpoint } from "./testing/tiny_checkpoint.ts";

function picture(width: number, height: number, seed = 0): RgbPicture {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, at) => 128 + 100 * Math.sin(seed + at * 0.11 + (at % 5) ** 2),
  );
  return { width, height, data };
}

function mirroredBytes({ width, data }: RgbPicture): Uint8Array {
  return data.map((_, at) => {
    const [channel, pixel] = [at % 3, Math.floor(at / 3)];
    return data[(pixel + width - 1 - 2 * (pixel % width)) * 3 + channel] ?? 0;
  });
}

async function withLocalizer(body: (localizer: ForgeryLocalizer) => Promise<void>) {
  const { bytes } = await tinyCheckpoint();
  using localizer = await ForgeryLocalizer.load({ weights: memorySource(bytes) });
  await body(localizer);
}

const distance = (a: Localization, b: Localization) =>
  a.probabilities.reduce(
    (most, value, at) => Math.max(most, Math.abs(value - (b.probabilities[at] ?? NaN))),
    0,
  );

function checkWhole({ width, height, probabilities, score, fraction }: Localization): void {
  assert.equal(probabilities.length, width * height);
  assert.ok(probabilities.every((value) => value >= 0 && value <= 1));
  assert.ok(score >= 0 && score <= 1 && fraction >= 0 && fraction <= 1);
}

Deno.test("pictures of any size get a probability for every pixel, in every mode", async () => {
  await withLocalizer(async (localizer) => {
    for (const [width, height] of [[1, 1], [20, 64], [64, 64], [200, 30], [97, 131]] as const) {
      for (const mode of ["fit", "native", "crop", "resize"] as const) {
        const found = await localizer.run(picture(width, height), { mode });
        assert.deepEqual([found.width, found.height], [width, height]);
        checkWhole(found);
      }
    }
  });
});

Deno.test("modes agree where the picture fits the canvas, and pad takes no larger one", async () => {
  await withLocalizer(async (localizer) => {
    const small = picture(50, 40);
    const fit = await localizer.run(small);
    for (const mode of ["native", "crop", "pad"] as const) {
      assert.equal(distance(fit, await localizer.run(small, { mode })), 0, mode);
    }
    await assert.rejects(localizer.run(picture(65, 20), { mode: "pad" }), ShapeError);
    await assert.rejects(
      localizer.run({ width: 0, height: 3, data: new Uint8Array() }),
      ShapeError,
    );
  });
});

Deno.test("no mode takes a picture whose bytes are not those of its size", async () => {
  await withLocalizer(async (localizer) => {
    const rgba = { width: 70, height: 20, data: new Uint8Array(70 * 20 * 4) };
    for (const mode of ["fit", "native", "crop", "resize"] as const) {
      await assert.rejects(localizer.run(rgba, { mode, flip: true }), ShapeError, mode);
    }
  });
});

Deno.test("a window of a larger picture sees its own pixels", async () => {
  await withLocalizer(async (localizer) => {
    const large = picture(64, 160);
    const native = await localizer.run(large, { mode: "native" });
    const top = { width: 64, height: 64, data: large.data.subarray(0, 64 * 64 * 3) };
    const alone = await localizer.run(top);
    // Rows above what the first two windows share.
    const rows = 64 * 16;
    assert.ok(
      alone.probabilities.subarray(0, rows).every((value, at) =>
        Math.abs(value - (native.probabilities[at] ?? NaN)) < 1e-6
      ),
    );
  });
});

Deno.test("alignments differ only where some tiles are not used", async () => {
  await withLocalizer(async (localizer) => {
    const [whole, part] = [picture(64, 64), picture(30, 64)];
    const exact = { alignment: "exact" } as const;
    assert.equal(distance(await localizer.run(whole), await localizer.run(whole, exact)), 0);
    assert.ok(distance(await localizer.run(part), await localizer.run(part, exact)) > 1e-4);
  });
});

Deno.test("averaging with the mirrored picture gives mirrored results for mirrored pictures", async () => {
  await withLocalizer(async (localizer) => {
    const given = picture(40, 24);
    const mirrored = { ...given, data: mirroredBytes(given) };
    const [one, other] = [
      await localizer.run(given, { flip: true }),
      await localizer.run(mirrored, { flip: true }),
    ];
    one.probabilities.forEach((value, at) => {
      const back = other.probabilities[at + 39 - 2 * (at % 40)] ?? NaN;
      assert.ok(Math.abs(value - back) < 1e-6);
    });
  });
});

Deno.test("of a picture larger than the canvas each half is known from the look that saw it", async () => {
  await withLocalizer(async (localizer) => {
    const [width, height] = [90, 40];
    const large = picture(width, height);
    const mirrored = { width, height, data: mirroredBytes(large) };
    const crop = { mode: "crop" } as const;
    const [both, left, right] = [
      await localizer.run(large, { ...crop, flip: true }),
      await localizer.run(large, crop),
      await localizer.run(mirrored, crop),
    ];
    both.probabilities.forEach((value, at) => {
      const column = at % width;
      const [one, other] = [
        left.probabilities[at] ?? NaN,
        right.probabilities[at + width - 1 - 2 * column] ?? NaN,
      ];
      // The canvas has 64 columns.
      const expected = column < 26 ? one : column >= 64 ? other : (one + other) / 2;
      assert.ok(Math.abs(value - expected) < 1e-6, `column ${column}`);
    });
  });
});

Deno.test("every frame of a video gets a result, and memory does not grow", async () => {
  const { bytes } = await tinyCheckpoint();
  using gpu = await open();
  using localizer = await ForgeryLocalizer.load({ weights: memorySource(bytes), gpu });
  const frames = Array.from({ length: 11 }, (_, frame) => picture(60, 33, frame));
  const alive: number[] = [];
  const found: Localization[] = [];
  for await (const result of localizer.stream(frames)) {
    found.push(result);
    alive.push(gpu.stats.liveBytes);
  }
  assert.equal(found.length, 11);
  found.forEach(checkWhole);
  assert.equal(new Set(alive.slice(1)).size, 1);
  // The last clip is made of the last four frames; only the new ones of it are taken.
  const last = await Array.fromAsync(localizer.stream(frames.slice(-4)));
  for (const [at, result] of last.slice(1).entries()) {
    assert.equal(distance(result, found[8 + at] ?? assert.fail()), 0);
  }
  assert.ok(distance(last[0] ?? assert.fail(), found[7] ?? assert.fail()) > 0);
});

Deno.test("frames of a clip know of each other, and must have one size", async () => {
  await withLocalizer(async (localizer) => {
    const frames = [0, 1, 2, 3].map((frame) => picture(40, 40, frame));
    const [first = assert.fail()] = await Array.fromAsync(localizer.stream(frames));
    assert.ok(distance(first, await localizer.run(frames[0] ?? assert.fail())) > 1e-6);
    const mixed = localizer.stream([picture(40, 40), picture(41, 40)]);
    await assert.rejects(Array.fromAsync(mixed), ShapeError);
  });
});

Deno.test("clips of a video must have one size too", async () => {
  await withLocalizer(async (localizer) => {
    const clip = (width: number) => Array.from({ length: 4 }, () => picture(width, 40));
    const seen: number[] = [];
    await assert.rejects(
      async () => {
        for await (const { width } of localizer.stream([...clip(40), ...clip(41)])) {
          seen.push(width);
        }
      },
      (error) => error instanceof ShapeError && /40 x 40 and 41 x 40/.test(error.message),
    );
    assert.deepEqual(seen, [40, 40, 40, 40]);
  });
});

Deno.test("the threshold decides the fraction, and progress tells of every window", async () => {
  await withLocalizer(async (localizer) => {
    const large = picture(100, 100);
    const seen: number[] = [];
    const all = await localizer.run(large, {
      mode: "native",
      threshold: 0,
      onProgress: ({ done, total }) => seen.push(done / total),
    });
    assert.equal(all.fraction, 1);
    assert.deepEqual(seen.at(-1), 1);
    assert.ok(seen.length > 1);
    const aborted = AbortSignal.abort();
    await assert.rejects(localizer.run(large, { signal: aborted }));
  });
});

Deno.test("a small budget is refused, and everything is freed in the end", async () => {
  const { bytes } = await tinyCheckpoint();
  using gpu = await open();
  const before = gpu.stats.liveBytes;
  const localizer = await ForgeryLocalizer.load({ weights: memorySource(bytes), gpu });
  const weights = gpu.stats.liveBytes - before;
  await localizer.run(picture(64, 64));
  const peak = localizer.peakBytes([64, 64]);
  assert.ok(peak > 0 && localizer.flops([64, 64]) > localizer.flops([20, 20]));
  localizer.dispose();
  assert.equal(gpu.stats.liveBytes, before);
  using tight = await open({ budgetBytes: weights + peak });
  await assert.rejects(
    async () => {
      using small = await ForgeryLocalizer.load({ weights: memorySource(bytes), gpu: tight });
      for await (const _ of small.stream(Array.from({ length: 4 }, () => picture(64, 64))));
    },
    OutOfMemoryError,
  );
});

Deno.test("a file saved after the adapters were merged gives what it gave before", async () => {
  const { tensors, bytes } = await tinyCheckpoint();
  const config = JSON.stringify(optionsOf(TINY));
  const withBuffers = (names: readonly string[]) => {
    const buffers = names.map((name) => ({ name, dtype: "F32", shape: [1], values: [0] } as const));
    return memorySource(writeSafetensors([...tensors, ...buffers], { config }));
  };
  const names = [0, 1].flatMap((block) =>
    ["attn._qkv", "attn._proj", "mlp._fc1", "mlp._fc2"].flatMap((layer) =>
      ["loc", "glo"].map((ending) => `vit.blocks.${block}.${layer}_w_${ending}`)
    )
  );
  using plain = await ForgeryLocalizer.load({ weights: memorySource(bytes) });
  using other = await ForgeryLocalizer.load({ weights: withBuffers(names) });
  const given = picture(40, 30);
  assert.equal(distance(await plain.run(given), await other.run(given)), 0);
  await assert.rejects(
    ForgeryLocalizer.load({ weights: withBuffers(["vit.blocks.0.attn._qkv_w_other"]) }),
    CheckpointError,
  );
});
