/** `NATLayer`, `NATransformerLayer` and `VisionTransformerLayer`: attention and MLP, pre-norm. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import { NeighbourhoodAttention } from "./attention_module.ts";
import { GlobalAttention } from "./global_attention.ts";
import { LayerNorm, Linear } from "@vicinity/vision";

/** What a block attends to: neighbours, or everything on a square of known side. */
export type BlockAttention =
  | { readonly kernel: number; readonly dilation: number }
  | { readonly side: number };

/** Extents of a block. */
export interface BlockConfig {
  /** Channels. */
  readonly dim: number;
  /** Heads. */
  readonly heads: number;
  /** Width of the MLP in channels. */
  readonly mlpRatio: number;
  /** Who attends to whom. */
  readonly attention: BlockAttention;
  /** Whether there are `gamma1` and `gamma2`. */
  readonly layerScale: boolean;
}

/** One layer. */
export class Block {
  readonly #norm1: LayerNorm;
  readonly #attn: NeighbourhoodAttention | GlobalAttention;
  readonly #norm2: LayerNorm;
  readonly #fc1: Linear;
  readonly #fc2: Linear;
  readonly #gamma1: Parameter<Tensor> | undefined;
  readonly #gamma2: Parameter<Tensor> | undefined;

  /** Declares the weights. */
  constructor(parameters: Parameters, store: WeightStore, config: BlockConfig) {
    const { dim, heads, attention } = config;
    const hidden = Math.floor(dim * config.mlpRatio);
    this.#norm1 = new LayerNorm(parameters, store.at("norm1"), dim);
    this.#attn = "side" in attention
      ? new GlobalAttention(parameters, store.at("attn"), { dim, heads, ...attention })
      : new NeighbourhoodAttention(parameters, store.at("attn"), { dim, heads, ...attention });
    this.#norm2 = new LayerNorm(parameters, store.at("norm2"), dim);
    this.#fc1 = new Linear(parameters, store.at("mlp.fc1"), [dim, hidden]);
    this.#fc2 = new Linear(parameters, store.at("mlp.fc2"), [hidden, dim]);
    if (config.layerScale) {
      this.#gamma1 = parameters.vector(store, "gamma1", [dim]);
      this.#gamma2 = parameters.vector(store, "gamma2", [dim]);
    }
  }

  /** `[batch, rows, cols, dim]` to the same shape. */
  forward(x: Tensor): Tensor {
    const scaled = (gamma: Parameter<Tensor> | undefined) => gamma ? { scale: gamma.value } : {};
    const attended = this.#attn.forward(this.#norm1.forward(x), {
      residual: x,
      ...scaled(this.#gamma1),
    });
    const hidden = this.#fc1.forward(this.#norm2.forward(attended), { activation: "gelu" });
    return this.#fc2.forward(hidden, { residual: attended, ...scaled(this.#gamma2) });
  }
}
