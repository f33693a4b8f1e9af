/** Convolutions with the batch norm behind them folded into their weights. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  type Activation,
  conv2d,
  type Conv2dOptions,
  type PackedWeight,
  type Tensor,
} from "@vicinity/tensor";
import { foldedNorm } from "./batch_norm.ts";

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
export interface FoldedConvOptions extends Pick<Conv2dOptions, "padding" | "stride" | "pixels"> {
  /** A tensor of the result's shape, added to the sum. */
  readonly residual?: Tensor;
  /** Applied last; none when absent. */
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
    const { shape, biased = norm === undefined } = config;
    const [out, channels] = shape;
    const { inputs = [channels] } = config;
    const weight = conv.get("weight", shape);
    const bias = biased ? conv.get("bias", [out]) : undefined;
    const folded = norm && foldedNorm(norm, out, config.eps);
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
   * @param maps `[batch, height, width, channels]` each, of one size, as many as there are inputs;
   *   `[rows, channels]` where pixels name rows.
   * @param options Padding, stride, residual, activation.
   * @returns `[batch, height, width, out]`.
   */
  forward(maps: readonly Tensor[], options: FoldedConvOptions = {}): Tensor {
    const { activation = "none", residual, ...window } = options;
    if (maps.length !== this.#weights.length) {
      throw new TypeError(
        `Cannot convolve ${maps.length} maps: the layer takes ${this.#weights.length}.`,
      );
    }
    const last = maps.length - 1;
    let sum = residual;
    for (const [index, map] of maps.entries()) {
      sum = conv2d(map, this.#weights[index]?.value ?? this.weight, {
        ...window,
        ...(sum ? { residual: sum } : {}),
        ...(index === last ? { bias: this.bias, finalActivation: activation } : {}),
      });
    }
    if (!sum) throw new TypeError("Cannot convolve: there is no map.");
    return sum;
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
