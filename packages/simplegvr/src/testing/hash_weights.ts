/** Weights from a formula: networks of any configuration for tests, nothing stored. */
import type { WeightSource } from "@vicinity/checkpoint";
import { sizeOf } from "@vicinity/tensor";
import { hashUniform } from "../noise.ts";

/** Variance 1 for values uniform in [−1, 1]. */
const UNIT = Math.sqrt(3);

/** One value of a weight, by the last part of its key and its number of axes. */
function valueOf(key: string, shape: readonly number[], index: number): number {
  const v = UNIT * hashUniform(key, index);
  const name = key.split(".").at(-1);
  if (name === "gamma" || (name === "weight" && shape.length === 1)) return 1 + 0.1 * v;
  if (name === "weight") return v / Math.sqrt(sizeOf(shape) / (shape[0] ?? 1));
  return name === "modulation" ? 0.2 * v : 0.1 * v;
}

/**
 * A source that makes every weight it is asked for.
 *
 * @returns The source; it lists no keys.
 */
export function hashWeights(): WeightSource {
  return {
    name: "hash weights",
    keys: () => [],
    find: (key, shape = []) => {
      const values = () =>
        Float32Array.from({ length: sizeOf(shape) }, (_, index) => valueOf(key, shape, index));
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
