/** Layers that own their weights, under the official names. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  type Biased,
  conv2d,
  type Conv2dOptions,
  depthwiseConv2d,
  type DepthwiseWeight,
  type Epilogue,
  layerNorm,
  type LayerNormOptions,
  linear,
  type LinearOptions,
  packDepthwise,
  type PackedWeight,
  type Tensor,
} from "@vicinity/tensor";
import { pickRows } from "./picks.ts";

/** Layer norm over channels with `weight` and `bias`. */
export class LayerNorm {
  readonly #weight: Parameter<Tensor>;
  readonly #bias: Parameter<Tensor>;
  readonly #eps: number;

  /** Declares the vectors; `eps` is added to the variance, 1e-5 when absent. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    channels: number,
    { eps = 1e-5 }: { readonly eps?: number } = {},
  ) {
    this.#eps = eps;
    this.#weight = parameters.vector(store, "weight", [channels]);
    this.#bias = parameters.vector(store, "bias", [channels]);
  }

  /** `[..., channels]`; a residual is added first. */
  forward(x: Tensor, options: Pick<LayerNormOptions, "residual"> = {}): Tensor {
    const [weight, bias] = [this.#weight.value, this.#bias.value];
    return layerNorm(x, { ...options, weight, bias, eps: this.#eps });
  }
}

/** Linear layer with `weight`, and `bias` unless it is left out. */
export class Linear {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor> | undefined;

  /** Declares the weights. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    [input, output]: readonly [number, number],
    options: { readonly bias?: boolean } = {},
  ) {
    this.#weight = parameters.packed(store, [output, input]);
    this.#bias = options.bias === false ? undefined : parameters.vector(store, "bias", [output]);
  }

  /** What the layer multiplies by and adds. */
  get operands(): Biased<PackedWeight> {
    return { weight: this.#weight.value, ...(this.#bias ? { bias: this.#bias.value } : {}) };
  }

  /** `[..., in]` to `[..., out]`. */
  forward(x: Tensor, options: LinearOptions = {}): Tensor {
    const { weight, ...bias } = this.operands;
    return linear(x, weight, { ...options, ...bias });
  }
}

/** Convolution with `weight`, and `bias` unless it is left out. */
export class Conv2d {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor> | undefined;
  readonly #options: Conv2dOptions;

  /** Declares the weights; `shape` is `[out, in, height, width]`. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    shape: readonly [number, number, number, number],
    options: Conv2dOptions & { readonly biased?: boolean } = {},
  ) {
    const { biased = true, ...rest } = options;
    this.#weight = parameters.packed(store, shape);
    this.#bias = biased ? parameters.vector(store, "bias", [shape[0]]) : undefined;
    this.#options = rest;
  }

  /** `[batch, height, width, in]` to `[batch, height, width, out]`. */
  forward(x: Tensor, epilogue: Epilogue = {}): Tensor {
    const bias = this.#bias ? { bias: this.#bias.value } : {};
    return conv2d(x, this.#weight.value, { ...this.#options, ...epilogue, ...bias });
  }
}

/** Depthwise convolution with `weight` and `bias`; zeros around the map keep its size. */
export class DepthwiseConv2d {
  readonly #filters: Parameter<Tensor>;
  readonly #bias: Parameter<Tensor>;
  readonly #size: number;
  readonly #channels: number;

  /**
   * Declares the weights.
   *
   * @param parameters Collects them.
   * @param store Module that owns them.
   * @param shape Official channels and taps along each axis, an odd number.
   * @param picks For each channel of the maps the official channel, -1 where there is none and the
   *   result is zero; the official ones in their order when absent.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    [channels, size]: readonly [channels: number, size: number],
    picks?: readonly number[],
  ) {
    const weight = store.get("weight", [channels, 1, size, size]);
    this.#size = size;
    this.#channels = picks?.length ?? channels;
    this.#filters = parameters.derived(weight.key, async () => {
      const official = await weight.float32();
      const values = picks ? pickRows(official, size ** 2, picks) : official;
      return packDepthwise(parameters.gpu, values, [this.#channels, 1, size, size]).tensor;
    });
    this.#bias = parameters.vector(
      store,
      "bias",
      [channels],
      (values) => picks ? pickRows(values, 1, picks) : values,
    );
  }

  /** The filters and what is added. */
  get operands(): Biased<DepthwiseWeight> {
    const taps = [this.#size, this.#size] as const;
    return {
      weight: { tensor: this.#filters.value, taps, channels: this.#channels },
      bias: this.#bias.value,
    };
  }

  /** `[batch, height, width, channels]` to the same shape. */
  forward(
    x: Tensor,
    options: Pick<Conv2dOptions, "padding" | "activation" | "residual"> = {},
  ): Tensor {
    const { weight, ...bias } = this.operands;
    return depthwiseConv2d(x, weight, { padding: (this.#size - 1) / 2, ...options, ...bias });
  }
}
