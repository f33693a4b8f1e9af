/** `Stage_ReductionAtt_Block`, `Stage_Reduction_Block` and a maximum: voxels of a stage become one. */
import { attention, splitParts, vicinityFromTables } from "@vicinity/attention";
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  concat,
  gatherMax,
  gatherRows,
  linear,
  type PackedWeight,
  packWeight,
  reshape,
  type Tensor,
} from "@vicinity/tensor";
import { LayerNorm, Linear } from "@vicinity/vision";
import { AttentionWeights } from "./attention_weights.ts";
import type { Reduction } from "./config.ts";

/** Heads of the attention between a voxel and its parts. Source: `Stage_ReductionAtt_Block`. */
const HEADS = 8;

/** Who becomes a part of whom, on the GPU. */
export interface PoolingTensors {
  /**
   * u32 `[rows of the next stage, slots]`: the voxel in each slot; an empty slot s has the number of
   * rows plus s.
   */
  readonly children: Tensor;
  /** u32 `[rows + slots]`: the slot of each voxel, then 0, 1 and so on. */
  readonly slots: Tensor;
}

/** Extents of a reduction. */
export interface PoolingConfig {
  /** Channels before. */
  readonly channels: number;
  /** Channels behind. */
  readonly next: number;
  /** Cells that become one. */
  readonly slots: number;
}

/** Makes one voxel of several; empty slots count as zeros. */
export interface VoxelPooling {
  /** `[rows, channels]` to `[rows of the next stage, channels]`. */
  forward(x: Tensor, pooling: PoolingTensors): Tensor;
}

/**
 * Declares a reduction.
 *
 * @param kind Which one.
 * @param parameters Collects the weights.
 * @param store Module `stage_s_reduction`.
 * @param config Extents.
 * @returns The reduction.
 */
export function voxelPooling(
  kind: Reduction,
  parameters: Parameters,
  store: WeightStore,
  config: PoolingConfig,
): VoxelPooling {
  switch (kind) {
    case "attention":
      return new AttentionPooling(parameters, store, config);
    case "linear":
      return new LinearPooling(parameters, store, config);
    case "maxpool":
      return { forward: (x, { children }) => gatherMax(x, children) };
  }
}

class LinearPooling implements VoxelPooling {
  readonly #linear: Linear;
  readonly #norm: LayerNorm;
  readonly #width: number;

  constructor(parameters: Parameters, store: WeightStore, config: PoolingConfig) {
    const { channels, next, slots } = config;
    this.#width = slots * channels;
    this.#linear = new Linear(parameters, store.at("linear1"), [this.#width, next], {
      bias: false,
    });
    this.#norm = new LayerNorm(parameters, store.at("norm"), next);
  }

  forward(x: Tensor, { children }: PoolingTensors): Tensor {
    const rows = children.shape[0] ?? 0;
    const joined = reshape(gatherRows(x, children), [rows, this.#width]);
    return this.#norm.forward(this.#linear.forward(joined));
  }
}

/**
 * The maximum of the slots asks the slots. Empty ones take part: their keys come of the slot's position
 * alone, their values of the bias, so that all empty slots of one position share a row.
 */
class AttentionPooling implements VoxelPooling {
  readonly #weights: AttentionWeights;
  readonly #query: Parameter<PackedWeight>;
  readonly #queryBias: Parameter<Tensor>;
  readonly #keyValue: Parameter<PackedWeight>;
  readonly #keyValueBias: Parameter<Tensor>;
  readonly #positions: Parameter<Tensor>;
  readonly #norm: LayerNorm;

  constructor(parameters: Parameters, store: WeightStore, config: PoolingConfig) {
    const { channels, slots } = config;
    this.#weights = new AttentionWeights(parameters, store.at("self_attn"), {
      channels,
      heads: HEADS,
    });
    this.#query = this.#weights.packed(["query"]);
    this.#queryBias = this.#weights.bias(["query"]);
    this.#keyValue = this.#weights.packed(["key", "value"]);
    this.#keyValueBias = this.#weights.bias(["key", "value"]);
    const embedding = store.get("pos_embedding", [slots, channels]);
    const { gpu } = parameters;
    this.#positions = parameters.derived(embedding.key, async () => {
      const { values, shape } = await this.#weights.matrix(["key"]);
      const positions = await embedding.float32();
      using scope = gpu.scope();
      const weight = packWeight(gpu, values, shape);
      return scope.keep(linear(gpu.tensor([slots, channels], positions), weight));
    });
    this.#norm = new LayerNorm(parameters, store.at("norm"), channels);
  }

  forward(x: Tensor, { children, slots }: PoolingTensors): Tensor {
    const { gpu } = x;
    const [, channels = 0] = x.shape;
    const [rows = 0, count = 0] = children.shape;
    const { width } = this.#weights;
    const most = gatherMax(x, children);
    const empty = gpu.empty([count, channels]);
    gpu.clear(empty);
    const all = concat([x, empty], 0);
    const [k, v] = splitParts(
      linear(reshape(all, [1, ...all.shape]), this.#keyValue.value, {
        bias: this.#keyValueBias.value,
        lookup: { table: this.#positions.value, rows: slots },
        heads: { parts: 2, heads: HEADS },
      }),
    );
    const [q] = splitParts(
      linear(reshape(most, [1, ...most.shape]), this.#query.value, {
        bias: this.#queryBias.value,
        heads: { parts: 1, heads: HEADS },
      }),
    );
    if (!q || !k || !v) throw new TypeError("Cannot attend: the projection has no three parts.");
    const queries = gpu.tensor([rows, 1], Uint32Array.from({ length: rows }, (_, row) => row));
    const mixed = attention(q, k, v, vicinityFromTables(queries, children), {
      scale: this.#weights.scale,
    });
    const { weight, bias } = this.#weights.out;
    return this.#norm.forward(
      linear(reshape(mixed, [rows, width]), weight, { bias, residual: most }),
    );
  }
}
