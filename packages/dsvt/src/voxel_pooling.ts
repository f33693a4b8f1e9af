/** `Stage_ReductionAtt_Block`, `Stage_Reduction_Block` and a maximum: voxels of a stage become one. */
import { attention, vicinityFromTables } from "@vicinity/attention";
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { concat, gatherMax, gatherRows, linear, reshape, type Tensor } from "@vicinity/tensor";
import { LayerNorm, Linear } from "@vicinity/vision";
import { AttentionWeights, type Projection } from "./attention_weights.ts";
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
  readonly #query: Projection;
  readonly #key: Projection;
  readonly #value: Projection;
  readonly #norm: LayerNorm;

  constructor(parameters: Parameters, store: WeightStore, config: PoolingConfig) {
    const { channels, slots } = config;
    this.#weights = new AttentionWeights(parameters, store.at("self_attn"), {
      channels,
      heads: HEADS,
    });
    const positions = store.get("pos_embedding", [slots, channels]);
    this.#query = this.#weights.projection("query");
    this.#key = this.#weights.projection(
      "key",
      async () => {
        const values = await positions.float32();
        return () => parameters.gpu.tensor([slots, channels], values);
      },
    );
    this.#value = this.#weights.projection("value");
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
    const queries = gpu.tensor([rows, 1], Uint32Array.from({ length: rows }, (_, row) => row));
    const parts = vicinityFromTables(queries, children);
    const { scale } = this.#weights;
    const mixed = attention(
      this.#query(most),
      this.#key(all, slots),
      this.#value(all),
      parts,
      { scale },
    );
    const { weight, bias } = this.#weights.out;
    return this.#norm.forward(
      linear(reshape(mixed, [rows, width]), weight, { bias, residual: most }),
    );
  }
}
