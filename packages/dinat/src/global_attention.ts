/** The attention of ViT-rpb: every token sees all others, with a bias by relative place. */
import { attention, dense } from "@vicinity/attention";
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import { HeadWeights } from "./attention_module.ts";

/** Extents of a global attention layer. */
export interface GlobalAttentionConfig {
  /** Channels. */
  readonly dim: number;
  /** Heads. */
  readonly heads: number;
  /** Rows and columns of tokens. */
  readonly side: number;
}

/** Dense attention over a square of tokens. */
export class GlobalAttention {
  readonly #weights: HeadWeights;
  readonly #bias: Parameter<Tensor>;

  /** Declares `qkv`, `rpb` and `proj`; the stored index of the biases is derived, not read. */
  constructor(parameters: Parameters, store: WeightStore, config: GlobalAttentionConfig) {
    const { heads, side } = config;
    this.#weights = new HeadWeights(parameters, store, config);
    const spread = 2 * side - 1;
    const rpb = store.get("rpb", [heads, spread, spread]);
    if (store.has("relative_position_index")) {
      store.get("relative_position_index", [side ** 2, side ** 2]);
    }
    this.#bias = parameters.derived(rpb.key, async () => {
      const values = pairwise(await rpb.float32(), heads, side);
      return parameters.gpu.tensor([1, heads, side ** 2, side ** 2], values);
    });
  }

  /** `[batch, side, side, dim]`, normed already. */
  forward(x: Tensor, epilogue: { residual?: Tensor; scale?: Tensor } = {}): Tensor {
    return this.#weights.around(x, epilogue, (tokens, split) => {
      const [q, k, v] = split(tokens);
      return attention(q, k, v, dense(), { bias: this.#bias.value, scale: this.#weights.scale });
    });
  }
}

/** The bias of every pair of query and key. */
function pairwise(rpb: Float32Array, heads: number, side: number): Float32Array<ArrayBuffer> {
  const [tokens, spread] = [side ** 2, 2 * side - 1];
  return Float32Array.from({ length: heads * tokens ** 2 }, (_, index) => {
    const [key, row] = [index % tokens, Math.floor(index / tokens)];
    const [query, head] = [row % tokens, Math.floor(row / tokens)];
    const dy = Math.floor(key / side) - Math.floor(query / side) + side - 1;
    const dx = key % side - query % side + side - 1;
    return rpb[(head * spread + dy) * spread + dx] ?? 0;
  });
}
