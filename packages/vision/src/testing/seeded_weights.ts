/** Weights for networks whose values do not matter. */
import type { WeightSource } from "@vicinity/checkpoint";
import { sizeOf } from "@vicinity/tensor";
import { unitValues } from "@vicinity/tensor/testing";

/**
 * A source that makes every weight it is asked for.
 *
 * @returns The source; variances are positive, layers keep the size of their inputs.
 */
export function seededWeights(): WeightSource {
  return {
    name: "seeded weights",
    keys: () => [],
    find: (key, shape = []) => {
      const values = () => {
        const scale = shape.length > 1 ? Math.sqrt(3 / sizeOf(shape.slice(1))) : 0.1;
        const seed = [...key].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 1);
        return unitValues(sizeOf(shape), seed).map((value) =>
          key.endsWith("var") ? 0.5 + value : scale * (2 * value - 1)
        );
      };
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
