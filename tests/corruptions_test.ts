import assert from "node:assert/strict";
import type { RgbFrame } from "@vicinity/media";
import { psnr } from "@vicinity/simplegvr";
import {
  type Corruption,
  lengthUnit,
  type Strength,
  STRENGTHS,
} from "../scripts/robustness_eval/corruptions/corruption.ts";
import { FAMILIES } from "../scripts/robustness_eval/corruptions/families.ts";
import {
  convolved,
  discKernel,
  gaussianKernel,
  streakKernel,
} from "../scripts/robustness_eval/corruptions/kernels.ts";
import { plasma } from "../scripts/robustness_eval/corruptions/plasma.ts";
import { randomOf } from "../scripts/robustness_eval/corruptions/random.ts";

const CORRUPTIONS = FAMILIES.flatMap(({ corruptions }) => corruptions);

function named(name: string): Corruption {
  const found = CORRUPTIONS.find((corruption) => corruption.name === name);
  assert.ok(found, name);
  return found;
}

/** A picture by a rule for each byte. */
function pictureBy(width: number, height: number, rule: (at: number) => number): RgbFrame {
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, at) => rule(at)),
  };
}

/** Waves of several lengths, in colour, not too dark or bright. */
function scene(width: number, height: number): RgbFrame {
  return pictureBy(width, height, (at) => {
    const [x, y, c] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width), at % 3];
    return 110 + 45 * Math.sin(x / 3 + c) * Math.cos(y / 4) + 40 * Math.sin((x + 2 * y) / 17 - c);
  });
}

async function applied(name: string, picture: RgbFrame, strength: Strength, seed = "a") {
  return await named(name).apply(picture, strength, randomOf(seed));
}

function meanOf(values: ArrayLike<number>): number {
  return Array.prototype.reduce.call(values, (sum, value) => Number(sum) + value, 0) as number /
    values.length;
}

/** Standard deviation of the differences of two pictures, of values from 0 to 1. */
function deviation(a: RgbFrame, b: RgbFrame): number {
  const squares = Array.from(a.data, (value, at) => (value - (b.data[at] ?? 0)) ** 2);
  return Math.sqrt(meanOf(squares)) / 255;
}

Deno.test("corruptions keep the size and the given picture, and are the same for the same seed", async () => {
  for (const [width, height] of [[1, 1], [1, 9], [13, 2], [31, 17]] as const) {
    const picture = scene(width, height);
    const before = Uint8Array.from(picture.data);
    for (const corruption of CORRUPTIONS) {
      for (const strength of [1, 5] as const) {
        const what = `${corruption.name} ${strength} of ${width} x ${height}`;
        const once = await corruption.apply(picture, strength, randomOf("b"));
        assert.deepEqual([once.width, once.height], [width, height], what);
        assert.equal(once.data.length, width * height * 3, what);
        const again = await corruption.apply(picture, strength, randomOf("b"));
        assert.deepEqual(once, again, what);
      }
    }
    assert.deepEqual(picture.data, before);
  }
});

Deno.test("what has chance in it differs from seed to seed, the rest does not", async () => {
  const picture = scene(40, 30);
  const certain = new Set(
    ["defocus blur", "zoom blur", "gaussian blur", "brightness", "contrast", "pixelate", "jpeg"],
  );
  for (const { name } of CORRUPTIONS) {
    const [a, b] = [await applied(name, picture, 3, "a"), await applied(name, picture, 3, "b")];
    assert.equal(certain.has(name), psnr(a, b) === Infinity, name);
  }
});

Deno.test("stronger corruptions are farther from the picture", async () => {
  const picture = scene(112, 84);
  // Snow, frost and fog put something else in its place at each strength; elastic leans at 1 and 2
  // and ripples from 3 on, and more rounds of exchanges make glass 3 the roughest.
  const free = new Set(["snow", "frost", "fog", "elastic", "glass blur"]);
  for (const { name } of CORRUPTIONS) {
    const distances: number[] = [];
    for (const strength of STRENGTHS) {
      distances.push(psnr(await applied(name, picture, strength), picture));
    }
    const text = `${name}: ${distances.map((value) => value.toFixed(2)).join(" ")}`;
    const [first = NaN, , third = NaN, , last = NaN] = distances;
    if (name === "elastic") assert.ok(third > last, text);
    else assert.ok(first > last, text);
    if (free.has(name)) continue;
    distances.forEach((value, at) => assert.ok(at === 0 || value < (distances[at - 1] ?? 0), text));
  }
});

Deno.test("noise has the variance of its definition", async () => {
  const [width, height, grey] = [80, 60, 128];
  const flat = pictureBy(width, height, () => grey);
  const value = grey / 255;
  const close = (actual: number, expected: number, what: string) =>
    assert.ok(Math.abs(actual / expected - 1) < 0.04, `${what}: ${actual}, expected ${expected}`);
  close(deviation(await applied("gaussian noise", flat, 1), flat), 0.08, "gaussian 1");
  close(deviation(await applied("gaussian noise", flat, 2), flat), 0.12, "gaussian 2");
  // A count of mean m has the variance m.
  close(deviation(await applied("shot noise", flat, 1), flat), Math.sqrt(value / 60), "shot 1");
  const lost = await applied("impulse noise", flat, 5);
  const share = (wanted: (byte: number) => boolean) =>
    lost.data.filter(wanted).length / lost.data.length;
  close(share((byte) => byte !== grey), 0.27, "impulses");
  assert.ok(Math.abs(share((byte) => byte === 0) - 0.135) < 0.01);
  assert.ok(Math.abs(share((byte) => byte === 255) - 0.135) < 0.01);
});

Deno.test("shot noise leaves black alone", async () => {
  const half = pictureBy(40, 40, (at) => Math.floor(at / 3) % 40 < 20 ? 0 : 120);
  const { data } = await applied("shot noise", half, 3);
  assert.ok(data.every((byte, at) => Math.floor(at / 3) % 40 >= 20 || byte === 0));
});

Deno.test("kernels add up to one and lie where they should", () => {
  const kernels = {
    gaussian: gaussianKernel(1.7, "x"),
    "small gaussian": gaussianKernel(0.05, "y"),
    disc: discKernel(4.3),
    "small disc": discKernel(0.3),
    streak: streakKernel({ length: 9.5, sigma: 3, angle: 0.4 }),
    "short streak": streakKernel({ length: 0.2, sigma: 0.1, angle: -1 }),
  };
  for (const [name, taps] of Object.entries(kernels)) {
    const sum = taps.reduce((total, { weight }) => total + weight, 0);
    assert.ok(Math.abs(sum - 1) < 1e-12, name);
  }
  const middle = (of: readonly { dx: number; dy: number; weight: number }[]) =>
    [
      of.reduce((sum, { dx, weight }) => sum + dx * weight, 0),
      of.reduce((sum, { dy, weight }) => sum + dy * weight, 0),
    ] as const;
  for (const name of ["gaussian", "disc", "small disc"] as const) {
    assert.ok(Math.hypot(...middle(kernels[name])) < 1e-12, name);
  }
  // A point that moves leaves its trace on one side.
  const [x, y] = middle(kernels.streak);
  assert.ok(Math.abs(Math.atan2(y, x) - 0.4) < 1e-9 && Math.hypot(x, y) > 1);
  const variance = kernels.gaussian.reduce((sum, { dx, weight }) => sum + dx ** 2 * weight, 0);
  assert.ok(Math.abs(variance - 1.7 ** 2) < 0.02);
  // The mean square distance of a disc's points from its middle is half the radius's square.
  const spread = kernels.disc.reduce(
    (sum, { dx, dy, weight }) => sum + (dx ** 2 + dy ** 2) * weight,
    0,
  );
  assert.ok(Math.abs(spread / (4.3 ** 2 / 2) - 1) < 0.03, `${spread}`);
});

Deno.test("symmetric blurs keep the mean and spread a point as their kernel says", async () => {
  const picture = scene(56, 40);
  for (const name of ["gaussian blur", "defocus blur"]) {
    const blurred = await applied(name, picture, 4);
    assert.ok(Math.abs(meanOf(blurred.data) - meanOf(picture.data)) < 0.3, name);
  }
  const values = new Float32Array(15 * 11);
  values[5 * 15 + 7] = 1;
  const taps = discKernel(2.6);
  const spread = convolved({ width: 15, height: 11, channels: 1, values }, taps);
  for (const { dx, dy, weight } of taps) {
    // Convolution looks where the kernel says, so that a point appears on the other side.
    assert.equal(spread.values[(5 - dy) * 15 + 7 - dx], Math.fround(weight));
  }
});

Deno.test("a flat picture stays flat under every blur", async () => {
  const flat = pictureBy(30, 20, () => 77);
  for (const name of ["gaussian blur", "defocus blur", "glass blur", "motion blur", "zoom blur"]) {
    for (const strength of STRENGTHS) {
      assert.ok((await applied(name, flat, strength)).data.every((byte) => byte === 77), name);
    }
  }
});

Deno.test("glass only exchanges pixels that are near each other", async () => {
  const edge = pictureBy(60, 60, (at) => Math.floor(at / 3) % 60 < 30 ? 0 : 200);
  const { data } = await applied("glass blur", edge, 5);
  assert.ok(data.every((byte, at) => {
    const x = Math.floor(at / 3) % 60;
    return x < 20 ? byte === 0 : x < 40 || byte === 200;
  }));
});

Deno.test("brightness adds to the value of colours and keeps their hue", async () => {
  const orange = pictureBy(1, 1, (at) => [120, 60, 30][at] ?? 0);
  assert.deepEqual([...(await applied("brightness", orange, 2)).data], [171, 86, 43]);
  const black = pictureBy(2, 1, () => 0);
  assert.deepEqual([...(await applied("brightness", black, 1)).data], Array(6).fill(26));
});

Deno.test("contrast shrinks the differences to each channel's mean", async () => {
  const two = { width: 2, height: 1, data: Uint8Array.of(0, 100, 40, 100, 100, 80) };
  assert.deepEqual([...(await applied("contrast", two, 1)).data], [30, 100, 52, 70, 100, 68]);
});

Deno.test("pixelate gives the means of blocks", async () => {
  const picture = pictureBy(8, 8, (at) => 3 * at % 251);
  const { data } = await applied("pixelate", picture, 5);
  for (let at = 0; at < data.length; at++) {
    const [x, y, c] = [Math.floor(at / 3) % 8, Math.floor(at / 24), at % 3];
    let sum = 0;
    for (let part = 0; part < 16; part++) {
      const [column, row] = [x - x % 4 + part % 4, y - y % 4 + Math.floor(part / 4)];
      sum += picture.data[(row * 8 + column) * 3 + c] ?? 0;
    }
    assert.ok(Math.abs((data[at] ?? 0) - sum / 16) <= 1);
  }
});

Deno.test("elastic says where each pixel comes from", async () => {
  const [width, height] = [48, 36];
  const numbered = pictureBy(width, height, (at) => {
    const pixel = Math.floor(at / 3);
    return [pixel % width, Math.floor(pixel / width), 0][at % 3] ?? 0;
  });
  for (const strength of STRENGTHS) {
    const { data, origins } = await named("elastic").apply(numbered, strength, randomOf("e"));
    assert.ok(origins);
    origins.forEach((origin, pixel) => {
      assert.ok(Math.abs((data[3 * pixel] ?? 0) - origin % width) <= 1, `strength ${strength}`);
      assert.ok(Math.abs((data[3 * pixel + 1] ?? 0) - Math.floor(origin / width)) <= 1);
    });
  }
});

Deno.test("snow adds light, fog none that is brighter than the picture, frost leaves the scene's share", async () => {
  const picture = scene(64, 48);
  const clouds = plasma({ width: 50, height: 30 }, 2, randomOf("p"));
  assert.deepEqual([Math.min(...clouds.values), Math.max(...clouds.values)], [0, 1]);
  const foggy = await applied("fog", picture, 3);
  assert.ok(Math.max(...foggy.data) <= Math.max(...picture.data) + 1);
  const snowy = await applied("snow", picture, 3);
  assert.ok(meanOf(snowy.data) > meanOf(picture.data) + 20);
  const frosty = await applied("frost", picture, 3);
  assert.ok(frosty.data.every((byte, at) => byte >= 0.7 * (picture.data[at] ?? 0) - 1));
});

Deno.test("lengths grow with the shorter side", () => {
  assert.equal(lengthUnit({ width: 448, height: 900 }), 2);
  assert.equal(lengthUnit({ width: 224, height: 56 }), 0.25);
});
