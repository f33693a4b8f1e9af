/** `DSVT_EncoderLayer`: attention inside sets, and a feed-forward layer. */
import { attention, vicinityFromSegments } from "@vicinity/attention";
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { linear, reshape, type Tensor } from "@vicinity/tensor";
import { LayerNorm, Linear } from "@vicinity/vision";
import { AttentionWeights, type Projection } from "./attention_weights.ts";
import type { StageConfig, Xyz } from "./config.ts";
import { PlaceEmbedding } from "./place_embedding.ts";
import { windowPositions } from "./window_positions.ts";

/** What a layer sees of its stage. */
export interface EncoderLayerConfig {
  /** The stage. */
  readonly stage: StageConfig;
  /** Cells of the windows whose positions are embedded. */
  readonly window: Xyz;
  /** Activation of the feed-forward layer. */
  readonly activation: "gelu" | "relu";
  /** Whether positions are scaled. */
  readonly normalizePosition: boolean;
}

/** Sets of one order of the voxels, on the GPU. */
export interface SetTensors {
  /** u32 `[rows]`: voxels, set by set. */
  readonly order: Tensor;
  /** u32 `[sets + 1]`: where each set starts. */
  readonly starts: Tensor;
  /** u32 `[rows]`: for each voxel its place in the window whose positions are embedded. */
  readonly places: Tensor;
}

/**
 * A layer. Queries and keys see the position in the window, values do not. A position takes few values,
 * so what comes of its embedding in the projection is a table, and the sum with it is never made.
 */
export class EncoderLayer {
  readonly #stage: StageConfig;
  readonly #activation: "gelu" | "relu";
  readonly #weights: AttentionWeights;
  readonly #query: Projection;
  readonly #key: Projection;
  readonly #value: Projection;
  readonly #linear1: Linear;
  readonly #linear2: Linear;
  readonly #norm1: LayerNorm;
  readonly #norm2: LayerNorm;
  readonly #norm: LayerNorm;

  /**
   * Declares the weights.
   *
   * @param parameters Collects them.
   * @param store Module of the layer.
   * @param posembed Module of the position embedding.
   * @param config Extents.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    posembed: WeightStore,
    config: EncoderLayerConfig,
  ) {
    const { channels, feedForward } = config.stage;
    this.#stage = config.stage;
    this.#activation = config.activation;
    const { values, axes } = windowPositions(config.window, config.normalizePosition);
    const embedding = new PlaceEmbedding(parameters, posembed, [channels, axes]);
    const attn = store.at("win_attn");
    this.#weights = new AttentionWeights(parameters, attn.at("self_attn"), config.stage);
    const embedded = () =>
      Promise.resolve(() =>
        embedding.forward(parameters.gpu.tensor([values.length / axes, axes], values))
      );
    this.#query = this.#weights.projection("query", embedded);
    this.#key = this.#weights.projection("key", embedded);
    this.#value = this.#weights.projection("value");
    this.#linear1 = new Linear(parameters, attn.at("linear1"), [channels, feedForward]);
    this.#linear2 = new Linear(parameters, attn.at("linear2"), [feedForward, channels]);
    this.#norm1 = new LayerNorm(parameters, attn.at("norm1"), channels);
    this.#norm2 = new LayerNorm(parameters, attn.at("norm2"), channels);
    this.#norm = new LayerNorm(parameters, store.at("norm"), channels);
  }

  /**
   * Attends and transforms.
   *
   * @param x `[rows, channels]`.
   * @param sets Who attends to whom; rows that are in no set come out without meaning, but finite.
   * @returns Same shape.
   */
  forward(x: Tensor, sets: SetTensors): Tensor {
    const attended = this.#norm1.forward(this.#attend(x, sets));
    const hidden = this.#linear1.forward(attended, { activation: this.#activation });
    const y = this.#norm2.forward(this.#linear2.forward(hidden, { residual: attended }));
    return this.#norm.forward(y, { residual: x });
  }

  #attend(x: Tensor, { order, starts, places }: SetTensors): Tensor {
    const { setSize } = this.#stage;
    const rows = x.shape[0] ?? 0;
    const [q, k] = [this.#query(x, places), this.#key(x, places)];
    const sets = vicinityFromSegments(order, starts, setSize);
    const mixed = attention(q, k, this.#value(x), sets, { scale: this.#weights.scale });
    const { weight, bias } = this.#weights.out;
    return linear(reshape(mixed, [rows, this.#weights.width]), weight, { bias, residual: x });
  }
}
