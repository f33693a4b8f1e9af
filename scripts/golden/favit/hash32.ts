/** Weights and pictures by the formula "hash32" of files that do not store them. */
import type { WeightSource } from "@vicinity/checkpoint";
import { fnv1a32 } from "@vicinity/simplegvr";
import { sizeOf } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";

/** Makes a uniform value one of variance 1. */
const UNIT = Math.sqrt(3);

/** Mean and standard deviation. */
interface Spread {
  readonly mean: number;
  readonly std: number;
}

/** Values of a name's stream. */
function valuesOf(seed: string, name: string, count: number, { mean, std }: Spread): Float32Array {
  const start = fnv1a32(`${seed}:${name}`);
  return Float32Array.from({ length: count }, (_, index) => {
    let x = (Math.imul(index, 0x9e3779b9) + start) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    const unit = (((x ^ (x >>> 16)) >>> 0) + 0.5) / 2 ** 32;
    return mean + std * UNIT * (2 * unit - 1);
  });
}

/** Spreads by the last part of a name. */
const NAMED: Readonly<Record<string, Spread>> = {
  running_mean: { mean: 0, std: 0.1 },
  running_var: { mean: 1, std: 0.5 / UNIT },
  temperature: { mean: 1, std: 0.3 },
  s_scale_factors: { mean: 1, std: 0.3 },
  gamma: { mean: 0.6, std: 0.2 },
  gamma_1: { mean: 0.6, std: 0.2 },
  gamma_2: { mean: 0.6, std: 0.2 },
};

function spreadOf(key: string, shape: readonly number[]): Spread {
  const leaf = key.split(".").at(-1) ?? "";
  const named = NAMED[leaf];
  if (named) return named;
  if (leaf === "weight" && shape.length >= 2) {
    return { mean: 0, std: Math.sqrt((shape[0] ?? 1) / sizeOf(shape)) };
  }
  if (leaf === "weight") return { mean: 1, std: 0.1 };
  return { mean: 0, std: shape.length >= 2 ? 0.2 : 0.1 };
}

/**
 * A source that makes every weight it is asked for.
 *
 * @param golden The case, which tells the seed and the factors of some standard deviations.
 * @returns The source; it lists no keys.
 */
export function hash32Weights(golden: GoldenCase): WeightSource {
  const seed = golden.text("seed");
  const gains = golden.file.metadata["gains"] === undefined
    ? []
    : golden.json("gains") as [string, number][];
  const make = (key: string, shape: readonly number[]) => {
    const [, gain = 1] = gains.find(([pattern]) => new RegExp(pattern).test(key)) ?? [];
    const { mean, std } = spreadOf(key, shape);
    return Float32Array.from(valuesOf(seed, key, sizeOf(shape), { mean, std: gain * std }));
  };
  return {
    name: "hash32",
    keys: () => [],
    find: (key, shape = []) => ({
      dtype: "F32",
      shape,
      float32: () => Promise.resolve(make(key, shape)),
      chunks: async function* () {
        yield await Promise.resolve(new Uint8Array(make(key, shape).buffer));
      },
    }),
  };
}

/** Strengths of noise, of a value for each channel, and of a wave, in the pictures of files. */
const PICTURE = { noise: 0.5, offset: 0.5, wave: 0.8, least: -2.5, most: 2.7 };

/**
 * The picture of a case that does not store it.
 *
 * @param golden The case.
 * @param shape `[batch, channels, height, width]`.
 * @returns Values in this order, rounded to 32 bits once.
 */
export function hash32Picture(golden: GoldenCase, shape: readonly number[]): Float32Array {
  const seed = golden.text("seed");
  const [batch = 1, channels = 1, height = 1, width = 1] = shape;
  const stream = (name: string, count: number, std: number) =>
    valuesOf(seed, `image.${name}`, count, { mean: 0, std });
  const noise = stream("noise", sizeOf(shape), PICTURE.noise);
  const planes = batch * channels;
  const [offset, fy, fx, ph] = [
    stream("offset", planes, PICTURE.offset),
    stream("fy", planes, 2),
    stream("fx", planes, 2),
    stream("ph", planes, 2),
  ];
  return noise.map((own, index) => {
    const plane = Math.floor(index / (height * width));
    const [y, x] = [Math.floor(index / width) % height, index % width];
    const at = (values: Float32Array | undefined) => values?.[plane] ?? 0;
    const turns = at(fy) * y / height + at(fx) * x / width;
    const value = own + at(offset) + PICTURE.wave * Math.cos(2 * Math.PI * turns + at(ph));
    return Math.min(PICTURE.most, Math.max(PICTURE.least, value));
  });
}
