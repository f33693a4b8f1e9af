/** `DSVT_EncoderLayer`: attention inside sets, and a feed-forward layer. */
import { attention, splitParts, vicinityFromSegments } from "@vicinity/attention";
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { linear, type PackedWeight, packWeight, reshape, type Tensor } from "@vicinity/tensor";
import { LayerNorm, Linear } from "@vicinity/vision";
import { AttentionWeights } from "./attention_weights.ts";
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
  readonly #qkv: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;
  readonly #table: Parameter<Tensor>;
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
    this.#qkv = this.#weights.packed(["query", "key", "value"]);
    this.#bias = this.#weights.bias(["query", "key", "value"]);
    const { gpu } = parameters;
    this.#table = parameters.derived(`${posembed.path} table`, async () => {
      const projection = await this.#weights.matrix(["query", "key"]);
      using scope = gpu.scope();
      const positions = gpu.tensor([values.length / axes, axes], values);
      const weight = packWeight(gpu, projection.values, projection.shape);
      return scope.keep(linear(embedding.forward(positions), weight));
    });
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
    const { heads, setSize } = this.#stage;
    const rows = x.shape[0] ?? 0;
    const [q, k, v] = splitParts(
      linear(reshape(x, [1, ...x.shape]), this.#qkv.value, {
        bias: this.#bias.value,
        lookup: { table: this.#table.value, rows: places },
        heads: { parts: 3, heads },
      }),
    );
    if (!q || !k || !v) throw new TypeError("Cannot attend: the projection has no three parts.");
    const mixed = attention(q, k, v, vicinityFromSegments(order, starts, setSize), {
      scale: this.#weights.scale,
    });
    const { weight, bias } = this.#weights.out;
    return linear(reshape(mixed, [rows, this.#weights.width]), weight, { bias, residual: x });
  }
}
