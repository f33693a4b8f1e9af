/** Attention of proposals, to themselves and to the cells around them. */
import { attention, splitParts, vicinityFromTables } from "@vicinity/attention";
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { linear, type PackedWeight, reshape, slice, type Tensor } from "@vicinity/tensor";
import { type AttentionExtents, AttentionWeights } from "./attention_weights.ts";
import { applied, product } from "./head_matrices.ts";

/**
 * Attention of a proposal to itself alone: a softmax over one key is 1, so that what comes out is the
 * value, projected twice. The two matrices are one here, and the parts for queries and keys unused.
 */
export class OwnAttention {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;

  /** Declares `in_proj_*` and `out_proj`. */
  constructor(parameters: Parameters, store: WeightStore, channels: number) {
    const out = store.at("out_proj");
    const inWeight = store.get("in_proj_weight", [3 * channels, channels]);
    const inBias = store.get("in_proj_bias", [3 * channels]);
    const outWeight = out.get("weight", [channels, channels]);
    const outBias = out.get("bias", [channels]);
    this.#weight = parameters.packedFrom(inWeight.key, async () => {
      const value = (await inWeight.float32()).subarray(2 * channels * channels);
      const values = product(await outWeight.float32(), value, channels);
      return { values, shape: [channels, channels] };
    });
    this.#bias = parameters.derived(inBias.key, async () => {
      const value = (await inBias.float32()).subarray(2 * channels);
      const inner = applied(await outWeight.float32(), value);
      const values = (await outBias.float32()).map((offset, i) => offset + (inner[i] ?? 0));
      return parameters.gpu.tensor([channels], values);
    });
  }

  /** `[n, channels]`; `residual` is added. */
  forward(x: Tensor, residual: Tensor): Tensor {
    return linear(x, this.#weight.value, { bias: this.#bias.value, residual });
  }
}

/** Extents of {@link CellAttention}. */
export interface CellAttentionConfig extends AttentionExtents {
  /** Proposals at most. */
  readonly proposals: number;
}

/**
 * Attention of proposals to the cells around them. Keys and values are computed once for each cell
 * and not, as in the official code, for each proposal that sees it.
 */
export class CellAttention {
  readonly #heads: number;
  readonly #weights: AttentionWeights;
  readonly #query: readonly [Parameter<PackedWeight>, Parameter<Tensor>];
  readonly #keyValue: readonly [Parameter<PackedWeight>, Parameter<Tensor>];
  readonly #numbers: Parameter<Tensor>;

  /** Declares `in_proj_*` and `out_proj`. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    { proposals, ...extents }: CellAttentionConfig,
  ) {
    const weights = new AttentionWeights(parameters, store, extents);
    this.#heads = extents.heads;
    this.#weights = weights;
    this.#query = [weights.packed(["query"]), weights.bias(["query"])];
    this.#keyValue = [weights.packed(["key", "value"]), weights.bias(["key", "value"])];
    const numbers = Uint32Array.from({ length: proposals }, (_, index) => index);
    this.#numbers = parameters.derived(
      `${store.path} proposals`,
      () => Promise.resolve(parameters.gpu.tensor([proposals, 1], numbers)),
    );
  }

  /**
   * Looks around.
   *
   * @param queries `[n, channels]`.
   * @param cells `[cells, channels]`, keys and values.
   * @param keys u32 `[n, keys]`: the cells that each query sees, `ABSENT` for none.
   * @param residual `[n, channels]`, added.
   * @returns `[n, channels]`.
   */
  forward(queries: Tensor, cells: Tensor, keys: Tensor, residual: Tensor): Tensor {
    const count = queries.shape[0] ?? 0;
    const { scale, width, out } = this.#weights;
    const [q] = this.#split(queries, this.#query, 1);
    const [k, v] = this.#split(cells, this.#keyValue, 2);
    if (!q || !k || !v) throw new TypeError("Cannot attend: a projection is missing.");
    const vicinity = vicinityFromTables(slice(this.#numbers.value, 0, 0, count), keys);
    const seen = reshape(attention(q, k, v, vicinity, { scale }), [count, width]);
    return linear(seen, out.weight, { bias: out.bias, residual });
  }

  #split(
    x: Tensor,
    [weight, bias]: readonly [Parameter<PackedWeight>, Parameter<Tensor>],
    parts: number,
  ): Tensor[] {
    const heads = { parts, heads: this.#heads };
    const rows = reshape(x, [1, ...x.shape]);
    return splitParts(linear(rows, weight.value, { bias: bias.value, heads }));
  }
}
