/** Convolutions with the batch norm behind them folded into their weights. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  type Activation,
  conv2d,
  type Conv2dOptions,
  type PackedWeight,
  pointwise,
  type Tensor,
} from "@vicinity/tensor";

/** PyTorch's summand of the variance of batch norm. */
const USUAL_EPS = 1e-5;

/** What {@link FoldedConv} is made from. */
export interface FoldedConvConfig {
  /** Official shape of the weight, `[out, in, ...taps]`. */
  readonly shape: readonly [out: number, channels: number, ...taps: number[]];
  /** Channels of each map, where the official module sees several maps joined; one map when absent. */
  readonly inputs?: readonly number[];
  /** Whether the convolution has a bias of its own; false when absent. */
  readonly biased?: boolean;
  /** Added to the variance; 1e-5 when absent. */
  readonly eps?: number;
  /** Swaps height and width of the taps, for maps that are stored the other way round. */
  readonly swapTaps?: boolean;
}

/** How {@link FoldedConv.forward} convolves. */
export interface FoldedConvOptions extends Pick<Conv2dOptions, "padding" | "stride"> {
  /** Applied to the sum; none when absent. */
  readonly activation?: Activation;
}

/**
 * Weights of a convolution or a linear layer whose batch norm, with stored statistics, is folded into
 * them in double precision. Several maps are convolved one by one and added, since the joined map of
 * a large picture is larger than a binding may be.
 */
export class FoldedConv {
  readonly #weights: readonly Parameter<PackedWeight>[];
  readonly #bias: Parameter<Tensor>;

  /**
   * Declares the weights.
   *
   * @param parameters Collects them.
   * @param conv Module of the convolution.
   * @param norm Module of the batch norm; absent where there is none.
   * @param config Shape and rules.
   */
  constructor(
    parameters: Parameters,
    conv: WeightStore,
    norm: WeightStore | undefined,
    config: FoldedConvConfig,
  ) {
    const { shape, biased = norm === undefined, eps = USUAL_EPS } = config;
    const [out, channels] = shape;
    const { inputs = [channels] } = config;
    const weight = conv.get("weight", shape);
    const bias = biased ? conv.get("bias", [out]) : undefined;
    const folded = norm && foldedNorm(norm, out, eps);
    this.#weights = inputs.map((count, index) => {
      const start = inputs.slice(0, index).reduce((sum, other) => sum + other, 0);
      return parameters.packedFrom(weight.key, async () => {
        const part = slicedWeight(await weight.float32(), config, { start, count });
        return scaledRows(part, await folded?.factors());
      });
    });
    this.#bias = parameters.derived(norm?.path ?? conv.path, async () => {
      const own = await bias?.float32() ?? new Float32Array(out);
      return parameters.gpu.tensor([out], await folded?.bias(own) ?? own);
    });
  }

  /** The packed weight of the first map, for linear layers. */
  get weight(): PackedWeight {
    const [weight] = this.#weights;
    if (!weight) throw new TypeError("Cannot convolve: the layer takes no map.");
    return weight.value;
  }

  /** The bias, `[out]`. */
  get bias(): Tensor {
    return this.#bias.value;
  }

  /**
   * Convolves.
   *
   * @param maps `[batch, height, width, channels]` each, of one size, as many as there are inputs.
   * @param options Padding, stride, activation.
   * @returns `[batch, height, width, out]`.
   */
  forward(maps: readonly Tensor[], options: FoldedConvOptions = {}): Tensor {
    const { activation = "none", ...window } = options;
    const [map] = maps;
    if (!map || maps.length !== this.#weights.length) {
      throw new TypeError(
        `Cannot convolve ${maps.length} maps: the layer takes ${this.#weights.length}.`,
      );
    }
    if (maps.length === 1) {
      return conv2d(map, this.weight, { ...window, bias: this.bias, activation });
    }
    const sum = maps.reduce<Tensor | undefined>((residual, x, index) => {
      const weight = this.#weights[index]?.value ?? this.weight;
      return conv2d(x, weight, { ...window, ...(residual ? { residual } : {}) });
    }, undefined) ?? map;
    const inner = activation === "none" ? "a + b" : `${activation}(a + b)`;
    return pointwise(inner, { a: sum, b: this.bias });
  }
}

interface PlainWeight {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** The channels of one map, their taps swapped where that is wanted. */
function slicedWeight(
  all: Float32Array,
  { shape, swapTaps = false }: FoldedConvConfig,
  { start, count }: { readonly start: number; readonly count: number },
): PlainWeight {
  const [out, channels, ...taps] = shape;
  const area = taps.reduce((product, extent) => product * extent, 1);
  const width = taps.at(-1) ?? 1;
  const height = area / width;
  const values = new Float32Array(out * count * area);
  for (let row = 0; row < out * count; row++) {
    const from = (Math.floor(row / count) * channels + start + row % count) * area;
    for (let tap = 0; tap < area; tap++) {
      const source = swapTaps ? (tap % height) * width + Math.floor(tap / height) : tap;
      values[row * area + tap] = all[from + source] ?? 0;
    }
  }
  return { values, shape: [out, count, ...(swapTaps ? taps.toReversed() : taps)] };
}

function scaledRows({ values, shape }: PlainWeight, factors: Float64Array | undefined) {
  if (!factors) return { values, shape };
  const width = values.length / factors.length;
  return {
    values: values.map((value, at) => value * (factors[Math.floor(at / width)] ?? 0)),
    shape,
  };
}

/** Batch norm as a factor and a summand for each channel. */
function foldedNorm(store: WeightStore, channels: number, eps: number) {
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
    /** What comes of the bias before the norm. */
    bias: async (before: Float32Array) => {
      const [offsets, means] = [await bias.float32(), await mean.float32()];
      return Float32Array.from(
        await factors(),
        (f, i) => (offsets[i] ?? 0) + ((before[i] ?? 0) - (means[i] ?? 0)) * f,
      );
    },
  };
}
