/** Linear layers as the transformer declares them. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { type Epilogue, linear, type PackedWeight, type Tensor } from "@vicinity/tensor";

/** A linear layer with bias. */
export class Linear {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;

  /** Declares `weight` and `bias`. */
  constructor(parameters: Parameters, store: WeightStore, input: number, output: number) {
    this.#weight = parameters.packed(store, [output, input]);
    this.#bias = parameters.vector(store, "bias", [output]);
  }

  /** `[..., in]` to `[..., out]`. */
  forward(x: Tensor, epilogue: Epilogue = {}): Tensor {
    return linear(x, this.#weight.value, { ...epilogue, bias: this.#bias.value });
  }
}

/**
 * The linear layer behind attention: its input comes as heads whose width is padded to a multiple
 * of 4 with zeros, so its weight has zero columns there.
 */
export class HeadsLinear {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;

  /** Declares `weight` and `bias`. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    dim: number,
    { heads, padded }: { readonly heads: number; readonly padded: number },
  ) {
    const weight = store.get("weight", [dim, dim]);
    const width = dim / heads;
    this.#weight = parameters.packedFrom(weight.key, async () => {
      const values = await weight.float32();
      const spread = new Float32Array(dim * heads * padded);
      for (let row = 0; row < dim * heads; row++) {
        spread.set(values.subarray(row * width, (row + 1) * width), row * padded);
      }
      return { values: spread, shape: [dim, heads * padded] };
    });
    this.#bias = parameters.vector(store, "bias", [dim]);
  }

  /** `[..., heads * padded]` to `[..., dim]`. */
  forward(x: Tensor, epilogue: Epilogue = {}): Tensor {
    return linear(x, this.#weight.value, { ...epilogue, bias: this.#bias.value });
  }
}
