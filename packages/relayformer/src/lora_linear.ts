/**
 * A linear layer with two low-rank adapters, `L(x) = x Wᵀ + b + scale (x A) B`: one for tokens inside
 * their tile, one for relay tokens among each other. The first is merged into the weight; the second
 * is reached from there by a correction of twice the rank, so that the weight is stored once:
 * `x W_locᵀ + b + scale [x A_glo | x A_loc] [B_glo; −B_loc]`.
 */
import type { Parameter, Parameters, Weight, WeightStore } from "@vicinity/checkpoint";
import { linear, type LinearOptions, type PackedWeight, type Tensor } from "@vicinity/tensor";

/** What a layer with adapters is made of. */
export interface LoraLinearConfig {
  /** Name of the layer, such as `qkv`. */
  readonly name: string;
  /** Name of its adapters without their ending, such as `qkv_lora`. */
  readonly adapters: string;
  /** Channels in and out. */
  readonly channels: readonly [number, number];
  /** Rank of an adapter. */
  readonly rank: number;
  /** Factor of the adapters. */
  readonly scale: number;
  /** Whether relay tokens pass through it; the adapters of the first block serve nothing. */
  readonly relays: boolean;
}

/** The two matrices of an adapter, read from the file together with the layer. */
interface Adapter {
  readonly down: Weight;
  readonly up: Weight;
}

/** A linear layer whose weight depends on who passes. */
export class LoraLinear {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;
  readonly #correction: { down: Parameter<PackedWeight>; up: Parameter<PackedWeight> } | undefined;

  /** Declares the layer's weights; `store` is the module that has the layer and its adapters. */
  constructor(parameters: Parameters, store: WeightStore, config: LoraLinearConfig) {
    const { name, adapters, channels: [input, output], rank, scale, relays } = config;
    const weight = store.at(name).get("weight", [output, input]);
    const adapter = (ending: string): Adapter => ({
      down: store.at(`${adapters}_${ending}`).get("lora_A", [input, rank]),
      up: store.at(`${adapters}_${ending}`).get("lora_B", [rank, output]),
    });
    const local = adapter("loc");
    this.#weight = parameters.packedFrom(weight.key, async () => ({
      values: mergeAdapter(
        await weight.float32(),
        await local.down.float32(),
        await local.up.float32(),
        { rank, scale },
      ),
      shape: [output, input],
    }));
    this.#bias = parameters.vector(store.at(name), "bias", [output]);
    if (relays) {
      const global = adapter("glo");
      this.#correction = correction(parameters, global, local, config);
    } else {
      store.skip(`${adapters}_glo`);
    }
    // The authors' code merges too, into buffers that go into files saved afterwards.
    for (const ending of ["loc", "glo"]) store.skip(`_${name}_w_${ending}`);
  }

  /** For the tokens of a tile, `[..., in]` to `[..., out]` or split into heads. */
  local(x: Tensor, options: Omit<LinearOptions, "bias"> = {}): Tensor {
    return linear(x, this.#weight.value, { ...options, bias: this.#bias.value });
  }

  /** For relay tokens, `[..., in]` to `[..., out]`, with a tensor of this shape to add. */
  relay(x: Tensor, residual?: Tensor): Tensor {
    if (this.#correction === undefined) {
      throw new TypeError("Cannot pass relay tokens through the first block.");
    }
    const { down, up } = this.#correction;
    const usual = this.local(x, residual ? { residual } : {});
    return linear(linear(x, down.value), up.value, { residual: usual });
  }
}

/**
 * Folds an adapter into a weight: `W + scale (A B)ᵀ`.
 *
 * @param weight `[out, in]`.
 * @param down A, `[in, rank]`.
 * @param up B, `[rank, out]`.
 * @param config Rank, and factor of the adapter.
 * @returns `[out, in]`.
 */
export function mergeAdapter(
  weight: Float32Array,
  down: Float32Array,
  up: Float32Array,
  { rank, scale }: { readonly rank: number; readonly scale: number },
): Float32Array {
  const [input, output] = [down.length / rank, up.length / rank];
  const values = new Float32Array(weight.length);
  const factors = new Float64Array(rank);
  for (let o = 0; o < output; o++) {
    for (let r = 0; r < rank; r++) factors[r] = scale * (up[r * output + o] ?? 0);
    for (let i = 0; i < input; i++) {
      let sum = weight[o * input + i] ?? 0;
      for (let r = 0; r < rank; r++) sum += (factors[r] ?? 0) * (down[i * rank + r] ?? 0);
      values[o * input + i] = sum;
    }
  }
  return values;
}

/** From the weight with the one adapter to that with the other. */
function correction(
  parameters: Parameters,
  global: Adapter,
  local: Adapter,
  { channels: [input, output], rank, scale }: LoraLinearConfig,
) {
  const down = parameters.packedFrom(global.down.key, async () => {
    const halves = [await global.down.float32(), await local.down.float32()];
    const values = new Float32Array(2 * rank * input);
    for (let at = 0; at < values.length; at++) {
      const [row, i] = [Math.floor(at / input), at % input];
      values[at] = halves[row < rank ? 0 : 1]?.[i * rank + row % rank] ?? 0;
    }
    return { values, shape: [2 * rank, input] };
  });
  const up = parameters.packedFrom(global.up.key, async () => {
    const halves = [await global.up.float32(), await local.up.float32()];
    const values = new Float32Array(output * 2 * rank);
    for (let at = 0; at < values.length; at++) {
      const [o, row] = [Math.floor(at / (2 * rank)), at % (2 * rank)];
      const factor = row < rank ? scale : -scale;
      values[at] = factor * (halves[row < rank ? 0 : 1]?.[row % rank * output + o] ?? 0);
    }
    return { values, shape: [output, 2 * rank] };
  });
  return { down, up };
}
