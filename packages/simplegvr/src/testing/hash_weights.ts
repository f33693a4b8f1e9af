/** Weights from a formula: networks of any configuration for tests, nothing stored. */
import type { WeightSource } from "@vicinity/checkpoint";
import { sizeOf } from "@vicinity/tensor";
import { hashUniforms } from "../noise.ts";

/** Variance 1 for values uniform in [−1, 1]. */
const UNIT = Math.sqrt(3);

/** The values of a weight, by the last part of its key and its number of axes. */
function valuesOf(key: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const count = sizeOf(shape);
  const uniform = hashUniforms(key, count);
  const { mean, deviation } = spreadOf(key, shape, count);
  return Float32Array.from(uniform, (value) => mean + deviation * UNIT * value);
}

function spreadOf(key: string, shape: readonly number[], count: number) {
  const name = key.split(".").at(-1);
  if (name === "gamma" || (name === "weight" && shape.length === 1)) {
    return { mean: 1, deviation: 0.1 };
  }
  if (name === "weight") return { mean: 0, deviation: 1 / Math.sqrt(count / (shape[0] ?? 1)) };
  return { mean: 0, deviation: name === "modulation" ? 0.2 : 0.1 };
}

/**
 * A source that makes every weight it is asked for.
 *
 * @param factorOf What the values of a key are multiplied by; 1 when absent.
 * @returns The source; it lists no keys.
 */
export function hashWeights(factorOf: (key: string) => number = () => 1): WeightSource {
  return {
    name: "hash weights",
    keys: () => [],
    find: (key, shape = []) => {
      const factor = factorOf(key);
      const values = () => valuesOf(key, shape).map((value) => value * factor);
      return {
        dtype: "F32",
        shape,
        float32: () => Promise.resolve(values()),
        chunks: async function* () {
          yield await Promise.resolve(new Uint8Array(values().buffer));
        },
      };
    },
  };
}
