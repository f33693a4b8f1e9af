/** Layers that own their weights, under the official names. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  conv2d,
  type Conv2dOptions,
  type Epilogue,
  layerNorm,
  type LayerNormOptions,
  linear,
  type LinearOptions,
  type PackedWeight,
  type Tensor,
} from "@vicinity/tensor";

/** Layer norm over channels with `weight` and `bias`. */
export class LayerNorm {
  readonly #weight: Parameter<Tensor>;
  readonly #bias: Parameter<Tensor>;
  readonly #eps: number;

  /** Declares the vectors; `eps` is added to the variance. */
  constructor(parameters: Parameters, store: WeightStore, channels: number, eps = 1e-5) {
    this.#weight = parameters.vector(store, "weight", [channels]);
    this.#bias = parameters.vector(store, "bias", [channels]);
    this.#eps = eps;
  }

  /** `[..., channels]`; a residual is added first. */
  forward(x: Tensor, options: Pick<LayerNormOptions, "residual"> = {}): Tensor {
    return layerNorm(x, {
      ...options,
      weight: this.#weight.value,
      bias: this.#bias.value,
      eps: this.#eps,
    });
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

  /** `[..., in]` to `[..., out]`. */
  forward(x: Tensor, options: LinearOptions = {}): Tensor {
    const bias = this.#bias ? { bias: this.#bias.value } : {};
    return linear(x, this.#weight.value, { ...options, ...bias });
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
