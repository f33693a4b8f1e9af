/** `ConvModule` of mmcv: convolution, batch norm, ReLU; the norm is folded into the weights. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { conv2d, type PackedWeight, pointwise, type Tensor } from "@vicinity/tensor";

/** Added to the variance of batch norm. */
const EPS = 1e-5;

/** Extents of a {@link ConvModule}. */
export interface ConvModuleConfig {
  /** Channels of the result. */
  readonly out: number;
  /** Channels of each map; the official module sees them joined. */
  readonly inputs: readonly number[];
  /** Taps along each axis. */
  readonly size: number;
}

/**
 * A convolution without bias, batch norm with stored statistics, ReLU. Several maps are convolved one
 * by one and added, since the joined map of a large picture is larger than a binding may be.
 */
export class ConvModule {
  readonly #weights: readonly Parameter<PackedWeight>[];
  readonly #bias: Parameter<Tensor>;
  readonly #padding: number;

  /** Declares `conv` and `bn`. */
  constructor(parameters: Parameters, store: WeightStore, config: ConvModuleConfig) {
    const { out, inputs, size } = config;
    this.#padding = (size - 1) / 2;
    const channels = inputs.reduce((sum, count) => sum + count, 0);
    const conv = store.at("conv").get("weight", [out, channels, size, size]);
    const norm = foldedNorm(store.at("bn"), out);
    const area = size * size;
    this.#weights = inputs.map((count, index) => {
      const start = inputs.slice(0, index).reduce((sum, other) => sum + other, 0);
      return parameters.packedFrom(conv.key, async () => {
        const [all, factors] = [await conv.float32(), await norm.factors()];
        const values = new Float32Array(out * count * area);
        for (let o = 0; o < out; o++) {
          const from = (o * channels + start) * area;
          const factor = factors[o] ?? 0;
          for (let i = 0; i < count * area; i++) {
            values[o * count * area + i] = (all[from + i] ?? 0) * factor;
          }
        }
        return { values, shape: [out, count, size, size] };
      });
    });
    this.#bias = parameters.derived(
      store.at("bn").path,
      async () => parameters.gpu.tensor([out], await norm.bias()),
    );
  }

  /**
   * Convolves.
   *
   * @param maps `[batch, height, width, channels]` each, of one size.
   * @returns `[batch, height, width, out]`.
   */
  forward(...maps: readonly Tensor[]): Tensor {
    const padding = this.#padding;
    const bias = this.#bias.value;
    const [weight] = this.#weights;
    const [map] = maps;
    if (!weight || !map) throw new TypeError("Cannot convolve: there is no map.");
    if (this.#weights.length === 1) {
      return conv2d(map, weight.value, { padding, bias, activation: "relu" });
    }
    const sum = this.#weights.reduce<Tensor | undefined>((residual, { value }, index) => {
      const x = maps[index];
      if (!x) throw new TypeError(`Cannot convolve: map ${index} is missing.`);
      return conv2d(x, value, { padding, ...(residual ? { residual } : {}) });
    }, undefined);
    return pointwise("relu(a + b)", { a: sum ?? map, b: bias });
  }
}

/** Batch norm as a factor and a summand for each channel, computed in double precision. */
function foldedNorm(store: WeightStore, channels: number) {
  const vector = (name: string) => store.get(name, [channels]);
  const [weight, bias] = [vector("weight"), vector("bias")];
  const [mean, variance] = [vector("running_mean"), vector("running_var")];
  store.skip("num_batches_tracked");
  const factors = async () => {
    const [scales, spreads] = [await weight.float32(), await variance.float32()];
    return Float64Array.from(scales, (scale, i) => scale / Math.sqrt((spreads[i] ?? 0) + EPS));
  };
  return {
    factors,
    bias: async () => {
      const [offsets, means] = [await bias.float32(), await mean.float32()];
      return Float32Array.from(await factors(), (f, i) => (offsets[i] ?? 0) - (means[i] ?? 0) * f);
    },
  };
}
