/** Weights and inputs by the formula "hash weights v1" of the files of published configurations. */
import type { WeightSource } from "@vicinity/checkpoint";
import { fnv1a32 } from "@vicinity/simplegvr";
import { sizeOf } from "@vicinity/tensor";

/** Makes a uniform value one of variance 1. */
const UNIT = Math.sqrt(3);

/** Numbers in [-1, 1) of the stream that a name opens. */
function uniforms(name: string, count: number): Float64Array {
  const start = fnv1a32(name);
  return Float64Array.from({ length: count }, (_, index) => {
    let x = (Math.imul(index, 0x9e3779b1) + start) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
}

/**
 * A normalised input.
 *
 * @param name Its name.
 * @param count Number of elements.
 * @returns Values of variance 1.
 */
export function hashInput(name: string, count: number): Float64Array {
  return uniforms(name, count).map((value) => UNIT * value);
}

function valuesOf(key: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const count = sizeOf(shape);
  const { mean, factor } = spreadOf(key.split(".").at(-1) ?? "", shape, count);
  return Float32Array.from(uniforms(key, count), (value) => mean + factor * value);
}

function spreadOf(leaf: string, shape: readonly number[], count: number) {
  if (leaf === "running_var") return { mean: 1, factor: 0.5 };
  if (leaf === "weight" && shape.length > 1) {
    return { mean: 0, factor: Math.sqrt(3 * (shape[0] ?? 1) / count) };
  }
  if (leaf === "weight") return { mean: 1, factor: 0.1 * UNIT };
  return { mean: 0, factor: (leaf !== "running_mean" && shape.length > 1 ? 0.2 : 0.1) * UNIT };
}

/**
 * A source that makes every weight it is asked for.
 *
 * @returns The source; it lists no keys.
 */
export function hashWeightsV1(): WeightSource {
  return {
    name: "hash weights v1",
    keys: () => [],
    find: (key, shape = []) => ({
      dtype: "F32",
      shape,
      float32: () => Promise.resolve(valuesOf(key, shape)),
      chunks: async function* () {
        yield await Promise.resolve(new Uint8Array(valuesOf(key, shape).buffer));
      },
    }),
  };
}
