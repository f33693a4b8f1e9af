/** Batch norm with stored statistics, to be folded into the layer before it. */
import type { WeightStore } from "@vicinity/checkpoint";

/** PyTorch's summand of the variance. */
const USUAL_EPS = 1e-5;

/** A batch norm as a factor and a summand for each channel, computed in double precision. */
export interface FoldedNorm {
  /** One factor a channel. */
  factors(): Promise<Float64Array>;
  /** What comes of the bias before the norm. */
  bias(before: Float32Array): Promise<Float32Array<ArrayBuffer>>;
}

/**
 * Declares `weight`, `bias`, `running_mean` and `running_var` of a batch norm.
 *
 * @param store Module that owns them.
 * @param channels Its channels.
 * @param eps Added to the variance; 1e-5 when absent.
 * @returns The norm; read it after the store's `finish()`.
 */
export function foldedNorm(store: WeightStore, channels: number, eps = USUAL_EPS): FoldedNorm {
  const vector = (name: string) => store.get(name, [channels]);
  const [weight, bias] = [vector("weight"), vector("bias")];
  const [mean, variance] = [vector("running_mean"), vector("running_var")];
  store.skip("num_batches_tracked");
  const factors = async () => {
    const [scales, spreads] = [await weight.float32(), await variance.float32()];
    return Float64Array.from(scales, (scale, i) => scale / Math.sqrt((spreads[i] ?? 0) + eps));
  };
  return {
    factors,
    bias: async (before: Float32Array) => {
      const [offsets, means] = [await bias.float32(), await mean.float32()];
      return Float32Array.from(
        await factors(),
        (f, i) => (offsets[i] ?? 0) + ((before[i] ?? 0) - (means[i] ?? 0)) * f,
      );
    },
  };
}
