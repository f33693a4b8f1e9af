/** `NATLayer`, `NATransformerLayer` and `VisionTransformerLayer`: attention and MLP, pre-norm. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { chooseMlp, type Tensor } from "@vicinity/tensor";
import { NeighbourhoodAttention } from "./attention_module.ts";
import { GlobalAttention } from "./global_attention.ts";
import { FusedMlp, LayerNorm, Linear } from "@vicinity/vision";

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
  readonly #mlp: FusedMlp | Mlp;
  readonly #gamma1: Parameter<Tensor> | undefined;

  /** Declares the weights. */
  constructor(parameters: Parameters, store: WeightStore, config: BlockConfig) {
    const { dim, heads, attention } = config;
    const hidden = Math.floor(dim * config.mlpRatio);
    this.#norm1 = new LayerNorm(parameters, store.at("norm1"), dim);
    this.#attn = "side" in attention
      ? new GlobalAttention(parameters, store.at("attn"), { dim, heads, ...attention })
      : new NeighbourhoodAttention(parameters, store.at("attn"), { dim, heads, ...attention });
    this.#norm2 = new LayerNorm(parameters, store.at("norm2"), dim);
    const scaled = (name: string) =>
      config.layerScale ? parameters.vector(store, name, [dim]) : undefined;
    this.#gamma1 = scaled("gamma1");
    this.#mlp = chooseMlp(parameters.caps, dim, hidden) === "fused"
      ? new FusedMlp(parameters, store.at("mlp"), {
        ...{ dim, hidden },
        ...(config.layerScale ? { scale: store.get("gamma2", [dim]) } : {}),
      })
      : new Mlp(parameters, store.at("mlp"), [dim, hidden], scaled("gamma2"));
  }

  /** `[batch, rows, cols, dim]` to the same shape. */
  forward(x: Tensor): Tensor {
    const attended = this.#attn.forward(this.#norm1.forward(x), {
      residual: x,
      ...scaleOf(this.#gamma1),
    });
    return this.#mlp.forward(this.#norm2.forward(attended), { residual: attended });
  }
}

/** `fc1`, GELU, `fc2` and a layer scale. */
class Mlp {
  readonly #fc1: Linear;
  readonly #fc2: Linear;
  readonly #gamma: Parameter<Tensor> | undefined;

  constructor(
    parameters: Parameters,
    store: WeightStore,
    [dim, hidden]: readonly [number, number],
    gamma: Parameter<Tensor> | undefined,
  ) {
    this.#fc1 = new Linear(parameters, store.at("fc1"), [dim, hidden]);
    this.#fc2 = new Linear(parameters, store.at("fc2"), [hidden, dim]);
    this.#gamma = gamma;
  }

  forward(x: Tensor, { residual }: { readonly residual: Tensor }): Tensor {
    const hidden = this.#fc1.forward(x, { activation: "gelu" });
    return this.#fc2.forward(hidden, { residual, ...scaleOf(this.#gamma) });
  }
}

function scaleOf(gamma: Parameter<Tensor> | undefined) {
  return gamma ? { scale: gamma.value } : {};
}
