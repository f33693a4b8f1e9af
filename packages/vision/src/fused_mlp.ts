/** The MLP of a block in one kernel, for adapters where that is faster than its layers. */
import type { Parameter, Parameters, Weight, WeightStore } from "@vicinity/checkpoint";
import { fusedMlp, type MlpOptions, type Tensor } from "@vicinity/tensor";

/** Extents of {@link FusedMlp}. */
export interface FusedMlpConfig {
  /** Channels of input and result. */
  readonly dim: number;
  /** Hidden channels. */
  readonly hidden: number;
  /** Module of a 3 × 3 depthwise convolution behind `fc1`; there is none when absent. */
  readonly convolution?: string;
  /** A layer scale behind `fc2`, one factor a channel; none when absent. */
  readonly scale?: Weight;
}

/** `fc1`, a depthwise convolution if there is one, GELU, `fc2`. */
export class FusedMlp {
  readonly #fc1: Parameter<Tensor>;
  readonly #between: Parameter<Tensor>;
  readonly #fc2: Parameter<Tensor>;
  readonly #bias: Parameter<Tensor>;

  /** Declares the weights; `chooseMlp` says whether this form suits the adapter. */
  constructor(parameters: Parameters, store: WeightStore, config: FusedMlpConfig) {
    const { dim, hidden, convolution, scale } = config;
    const [fc1, fc2] = [store.at("fc1"), store.at("fc2")];
    const bias = fc1.get("bias", [hidden]);
    const conv = convolution === undefined ? undefined : store.at(convolution);
    const taps = conv?.get("weight", [hidden, 1, 3, 3]);
    const convBias = conv?.get("bias", [hidden]);
    this.#fc1 = parameters.vector(fc1, "weight", [hidden, dim]);
    this.#between = parameters.derived(bias.key, async () => {
      const rows = [await bias.float32()];
      if (taps && convBias) {
        rows.push(await convBias.float32(), byTap(await taps.float32(), hidden));
      }
      const values = new Float32Array(rows.reduce((count, { length }) => count + length, 0));
      rows.reduce((at, row) => (values.set(row, at), at + row.length), 0);
      return parameters.gpu.tensor([values.length / hidden, hidden], values);
    });
    const [weight2, bias2] = [fc2.get("weight", [dim, hidden]), fc2.get("bias", [dim])];
    const scaled = (weight: Weight) =>
      parameters.derived(weight.key, async () => {
        const [values, factors] = [await weight.float32(), await scale?.float32()];
        const width = values.length / dim;
        const changed = factors
          ? values.map((value, at) => value * (factors[Math.floor(at / width)] ?? 1))
          : values;
        return parameters.gpu.tensor([changed.length], changed);
      });
    this.#fc2 = scaled(weight2);
    this.#bias = scaled(bias2);
  }

  /** `[batch, rows, cols, dim]` to the same shape; a residual is added last. */
  forward(x: Tensor, options: Pick<MlpOptions, "residual"> = {}): Tensor {
    const [fc1, between, fc2, bias] = [this.#fc1, this.#between, this.#fc2, this.#bias];
    const weights = {
      fc1: fc1.value,
      between: between.value,
      fc2: fc2.value,
      bias: bias.value,
    };
    return fusedMlp(x, weights, options);
  }
}

/** `[hidden, 9]` to `[9, hidden]`. */
function byTap(taps: Float32Array<ArrayBuffer>, hidden: number): Float32Array<ArrayBuffer> {
  return taps.map((_, at) => taps[at % hidden * 9 + Math.floor(at / hidden)] ?? 0);
}
