import assert from "node:assert/strict";
import { type Gpu, open, pool2d, resampleTable, type Tensor } from "@vicinity/tensor";
import { unitValues } from "@vicinity/tensor/testing";
import { cvResize } from "../cv_resize.ts";
import type { RgbPicture } from "../pillow_resize.ts";
import { IMAGENET } from "./network_input.ts";
import {
  type SegmentOptions,
  type SegmentResult,
  SemanticSegmenter,
} from "./semantic_segmenter.ts";
import { type Extent, planLooks, scoreTables } from "./views.ts";

/** Planes `[height][width]` of one channel. */
type Plane = readonly (readonly number[])[];

function bilinear(plane: Plane, [height, width]: Extent): number[][] {
  const along = (line: readonly number[], to: number) => {
    const { first, taps, weights } = resampleTable(line.length, to, {
      filter: "bilinear",
      convention: "torch",
    });
    return Array.from(first, (start, at) => {
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) {
        sum += (weights[at * taps + tap] ?? 0) * (line[start + tap] ?? 0);
      }
      return sum;
    });
  };
  const wide = plane.map((line) => along(line, width));
  const columns = Array.from(
    { length: width },
    (_, x) => along(wide.map((line) => line[x] ?? 0), height),
  );
  return Array.from({ length: height }, (_, y) => columns.map((column) => column[y] ?? 0));
}

/** Means of 2 x 2 pixels, a last odd one left out: what the network of these tests calls scores. */
function pooled(plane: Plane): number[][] {
  return Array.from(
    { length: Math.floor(plane.length / 2) },
    (_, y) =>
      Array.from({ length: Math.floor((plane[0]?.length ?? 0) / 2) }, (_, x) => {
        const at = (row: number, column: number) => plane[2 * y + row]?.[2 * x + column] ?? 0;
        return (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
      }),
  );
}

/** Probabilities `[class][height][width]` by the steps of mmsegmentation, one after the other. */
function reference(picture: RgbPicture, options: SegmentOptions, limits: Extent): Plane[] {
  const photo: Extent = [picture.height, picture.width];
  const { scales = [1], flip = false, window } = options;
  const sums = [0, 1, 2].map(() => zeros(photo));
  let looks = 0;
  for (const scale of scales) {
    const [look] = planLooks(photo, {
      longest: Math.trunc(limits[0] * scale),
      shortest: Math.trunc(limits[1] * scale),
    });
    const size = look?.size ?? photo;
    const resized = cvResize(picture, size[1], size[0]);
    for (const mirrored of flip ? [false, true] : [false]) {
      const turn = (plane: Plane) => mirrored ? plane.map((line) => line.toReversed()) : plane;
      const scores = [0, 1, 2].map((c) => {
        const plane = Array.from(
          { length: size[0] },
          (_, y) =>
            Array.from(
              { length: size[1] },
              (_, x) =>
                ((resized.data[(y * size[1] + x) * 3 + c] ?? 0) - (IMAGENET.mean[c] ?? 0)) /
                (IMAGENET.std[c] ?? 1),
            ),
        );
        return turn(bilinear(slid(turn(plane), window ?? { size, stride: size }), photo));
      });
      looks++;
      for (let y = 0; y < photo[0]; y++) {
        for (let x = 0; x < photo[1]; x++) {
          const exps = scores.map((plane) => Math.exp(plane[y]?.[x] ?? 0));
          const total = exps.reduce((a, b) => a + b);
          for (const [c, value] of exps.entries()) {
            const line = sums[c]?.[y];
            if (line) line[x] = (line[x] ?? 0) + value / total;
          }
        }
      }
    }
  }
  return sums.map((plane) => plane.map((line) => line.map((value) => value / looks)));
}

function zeros([height, width]: Extent): number[][] {
  return Array.from({ length: height }, () => Array<number>(width).fill(0));
}

/** Scores of a sliding window, averaged where positions overlap. */
function slid(plane: Plane, { size, stride }: { size: Extent; stride: Extent }): number[][] {
  const extent: Extent = [plane.length, plane[0]?.length ?? 0];
  const [sum, count] = [zeros(extent), zeros(extent)];
  const starts = (axis: 0 | 1) => {
    const steps = Math.floor(
      Math.max(extent[axis] - size[axis] + stride[axis] - 1, 0) / stride[axis],
    );
    return Array.from(
      { length: steps + 1 },
      (_, i) => Math.max(0, Math.min(i * stride[axis] + size[axis], extent[axis]) - size[axis]),
    );
  };
  for (const top of starts(0)) {
    for (const left of starts(1)) {
      const part = plane.slice(top, top + size[0]).map((line) => line.slice(left, left + size[1]));
      const scores = bilinear(pooled(part), [part.length, part[0]?.length ?? 0]);
      for (const [y, line] of scores.entries()) {
        for (const [x, value] of line.entries()) {
          const [row, times] = [sum[top + y], count[top + y]];
          if (row) row[left + x] = (row[left + x] ?? 0) + value;
          if (times) times[left + x] = (times[left + x] ?? 0) + 1;
        }
      }
    }
  }
  return sum.map((line, y) => line.map((value, x) => value / (count[y]?.[x] ?? 1)));
}

function pictureOf(height: number, width: number, seed = 5): RgbPicture {
  const data = Uint8Array.from(unitValues(height * width * 3, seed), (value) => 256 * value);
  return { width, height, data };
}

const CASES: Readonly<Record<string, SegmentOptions>> = {
  "as it is": {},
  "mirrored too": { flip: true },
  "at three sizes, mirrored too": { flip: true, scales: [0.5, 1, 1.75] },
  "through a window": { window: { size: [12, 14], stride: [5, 9] } },
  "through a window larger than the picture": { window: { size: [99, 99], stride: [50, 50] } },
  "through a window at two sizes, mirrored too": {
    ...{ flip: true, scales: [1, 1.25] },
    window: { size: [10, 16], stride: [10, 7] },
  },
};

Deno.test("pictures are looked at as mmsegmentation does it, step by step", async () => {
  using gpu = await open();
  const before = gpu.stats.liveBytes;
  const network = {
    scores: (x: Tensor) => pool2d(x, { kind: "average", kernel: 2 }),
  };
  const recipe = { longest: 64, shortest: 24 };
  const segmenter = new SemanticSegmenter(gpu, network, recipe);
  for (const [height, width] of [[21, 33], [50, 31], [8, 70]] as const) {
    const picture = pictureOf(height, width);
    for (const [name, options] of Object.entries(CASES)) {
      const expected = reference(picture, options, [recipe.longest, recipe.shortest]);
      const found = await segmenter.run(picture, { ...options, probabilities: true });
      for (let pixel = 0; pixel < height * width; pixel++) {
        const shares = [0, 1, 2].map((c) =>
          expected[c]?.[Math.floor(pixel / width)]?.[pixel % width] ?? NaN
        );
        const best = Math.max(...shares);
        const given = [0, 1, 2].map((c) =>
          found.probabilities?.[c * height * width + pixel] ?? NaN
        );
        for (const [c, share] of shares.entries()) {
          assert.ok(Math.abs((given[c] ?? NaN) - share) < 1e-5, `${name}: pixel ${pixel}`);
        }
        assert.ok(Math.abs((found.confidence[pixel] ?? NaN) - best) < 1e-5, name);
        assert.ok(best - (shares[found.labels[pixel] ?? NaN] ?? NaN) < 1e-5, name);
      }
    }
  }
  segmenter.dispose();
  assert.equal(gpu.stats.liveBytes, before);
});

/** A segmenter whose network calls means of pixels scores. */
function pooling(gpu: Gpu): SemanticSegmenter {
  const network = { scores: (x: Tensor) => pool2d(x, { kind: "average", kernel: 2 }) };
  return new SemanticSegmenter(gpu, network, { longest: 64, shortest: 24 });
}

Deno.test("runs that overlap give what they give one after the other", async () => {
  using gpu = await open();
  const segmenter = pooling(gpu);
  const pictures = [pictureOf(20, 30, 1), pictureOf(20, 30, 2), pictureOf(20, 30, 3)];
  const run = (picture: RgbPicture) => segmenter.run(picture, { probabilities: true });
  const alone: SegmentResult[] = [];
  for (const picture of pictures) alone.push(await run(picture));
  assert.deepEqual(await Promise.all(pictures.map(run)), alone);
  segmenter.dispose();
});

Deno.test("tensors that others make during a run are not freed with it", async () => {
  using gpu = await open();
  const segmenter = pooling(gpu);
  const options = { probabilities: true, flip: true };
  let running = true;
  const run = segmenter.run(pictureOf(20, 30), options).finally(() => running = false);
  const others: Tensor[] = [];
  while (running) {
    others.push(gpu.empty([4]));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await run;
  assert.ok(others.every(({ storage }) => storage.buffer !== null));
  for (const other of others) gpu.free(other);
  segmenter.dispose();
  assert.equal(gpu.stats.liveBytes, 0);
});

Deno.test("a signal stops a run between the parts of the picture", async () => {
  using gpu = await open();
  const segmenter = pooling(gpu);
  const window = { size: [8, 8], stride: [2, 2] } as const;
  const picture = pictureOf(24, 60);
  await segmenter.run(picture, { window, signal: new AbortController().signal });
  const { liveBytes, submits } = gpu.stats;
  const stopped = new AbortController();
  setTimeout(() => stopped.abort(), 0);
  await assert.rejects(segmenter.run(picture, { window, signal: stopped.signal }), {
    name: "AbortError",
  });
  assert.ok(gpu.stats.submits - submits < submits / 2);
  assert.equal(gpu.stats.liveBytes, liveBytes);
  await assert.rejects(segmenter.run(picture, { signal: AbortSignal.abort() }), {
    name: "AbortError",
  });
  segmenter.dispose();
});

Deno.test("the shares of overlapping parts add up to one", () => {
  const options = {
    longest: 90,
    shortest: 40,
    window: { size: [17, 23], stride: [8, 11] },
  } as const;
  for (const photo of [[31, 64], [64, 31], [40, 40]] as const) {
    const [look] = planLooks(photo, options);
    assert.ok(look && look.parts.length > 4);
    const total = new Float64Array(photo[0] * photo[1]);
    for (const part of look.parts) {
      const { rows, cols } = scoreTables(look, part, [5, 6], photo);
      const sums = [rows, cols].map(({ weights, taps }) =>
        Array.from(
          { length: weights.length / taps },
          (_, at) => weights.slice(at * taps, (at + 1) * taps).reduce((a, b) => a + b, 0),
        )
      );
      for (const [y, down] of (sums[0] ?? []).entries()) {
        for (const [x, across] of (sums[1] ?? []).entries()) {
          total[y * photo[1] + x] = (total[y * photo[1] + x] ?? 0) + down * across;
        }
      }
    }
    assert.ok(total.every((share) => Math.abs(share - 1) < 1e-12));
  }
});
