/** `TransformerDecoderLayer` of the TransFusion head. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { pointwise, type Tensor } from "@vicinity/tensor";
import { LayerNorm, Linear } from "@vicinity/vision";
import { PlaceEmbedding } from "./place_embedding.ts";
import { CellAttention, type CellAttentionConfig, OwnAttention } from "./proposal_attention.ts";

/** Extents of a {@link ProposalDecoder}. */
export interface ProposalDecoderConfig extends CellAttentionConfig {
  /** Width of the feed-forward layer. */
  readonly feedForward: number;
  /** Its activation. */
  readonly activation: "relu" | "gelu";
}

/** What the decoder looks at. */
export interface DecoderInput {
  /** `[n, channels]`: proposals. */
  readonly queries: Tensor;
  /** `[n, 2]`: where they are. */
  readonly positions: Tensor;
  /** `[cells, channels]`: the map. */
  readonly cells: Tensor;
  /** `[cells, 2]`: where its cells are. */
  readonly cellPositions: Tensor;
  /** u32 `[n, keys]`: the cells that each proposal sees, `ABSENT` for none. */
  readonly keys: Tensor;
}

/** One layer. Positions are added to values too, unlike in the backbone. */
export class ProposalDecoder {
  readonly #config: ProposalDecoderConfig;
  readonly #selfAttn: OwnAttention;
  readonly #multiheadAttn: CellAttention;
  readonly #linear1: Linear;
  readonly #linear2: Linear;
  readonly #norm1: LayerNorm;
  readonly #norm2: LayerNorm;
  readonly #norm3: LayerNorm;
  readonly #selfPosembed: PlaceEmbedding;
  readonly #crossPosembed: PlaceEmbedding;

  /** Declares the layer. */
  constructor(parameters: Parameters, store: WeightStore, config: ProposalDecoderConfig) {
    const { channels, feedForward } = config;
    const norm = (name: string) => new LayerNorm(parameters, store.at(name), channels);
    this.#config = config;
    this.#selfAttn = new OwnAttention(parameters, store.at("self_attn"), channels);
    this.#multiheadAttn = new CellAttention(parameters, store.at("multihead_attn"), config);
    this.#linear1 = new Linear(parameters, store.at("linear1"), [channels, feedForward]);
    this.#linear2 = new Linear(parameters, store.at("linear2"), [feedForward, channels]);
    this.#norm1 = norm("norm1");
    this.#norm2 = norm("norm2");
    this.#norm3 = norm("norm3");
    this.#selfPosembed = new PlaceEmbedding(parameters, store.at("self_posembed"), [
      channels,
      2,
      1,
    ]);
    this.#crossPosembed = new PlaceEmbedding(parameters, store.at("cross_posembed"), [
      channels,
      2,
      1,
    ]);
  }

  /**
   * Lets proposals look around.
   *
   * @param input Proposals, map, who sees what.
   * @returns `[n, channels]`.
   */
  forward({ queries, positions, cells, cellPositions, keys }: DecoderInput): Tensor {
    const { activation } = this.#config;
    const place = this.#selfPosembed.forward(positions);
    const seen = sum(cells, this.#crossPosembed.forward(cellPositions));
    const x = this.#norm1.forward(this.#selfAttn.forward(sum(queries, place), queries));
    const y = this.#norm2.forward(this.#multiheadAttn.forward(sum(x, place), seen, keys, x));
    const inner = this.#linear1.forward(y, { activation });
    return this.#norm3.forward(this.#linear2.forward(inner, { residual: y }));
  }
}

function sum(a: Tensor, b: Tensor): Tensor {
  return pointwise("a + b", { a, b });
}
