/** `Block`: attention and MLP, pre-norm. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import { LayerNorm } from "@vicinity/vision";
import { FactorizedAttention } from "./attention_module.ts";
import type { FactorizedAttentionConfig } from "./channel_groups.ts";
import { Mlp } from "./mlp.ts";

/** Added to the variance in the norms of blocks and stages; other norms have PyTorch's. */
export const NORM_EPS = 1e-6;

/** Extents of a block. */
export interface BlockConfig extends FactorizedAttentionConfig {
  /** Width of the MLP in channels. */
  readonly mlpRatio: number;
}

/** What a block gives on its way. */
export interface BlockSteps {
  /** Input of the attention. */
  readonly norm1: Tensor;
  /** The map with the attention added. */
  readonly attended: Tensor;
  /** The map. */
  readonly y: Tensor;
}

/** One layer. */
export class Block {
  readonly #norm1: LayerNorm;
  readonly #attn: FactorizedAttention;
  readonly #norm2: LayerNorm;
  readonly #mlp: Mlp;

  /** Declares the weights. */
  constructor(parameters: Parameters, store: WeightStore, config: BlockConfig) {
    const { dim, mlpRatio } = config;
    const norm = (name: string) =>
      new LayerNorm(parameters, store.at(name), dim, { eps: NORM_EPS });
    this.#norm1 = norm("norm1");
    this.#attn = new FactorizedAttention(parameters, store.at("attn"), config);
    this.#norm2 = norm("norm2");
    this.#mlp = new Mlp(parameters, store.at("mlp"), dim, Math.floor(dim * mlpRatio));
  }

  /** `[batch, rows, cols, dim]` to the same shape. */
  forward(x: Tensor): Tensor {
    return this.steps(x).y;
  }

  /**
   * The block with what it gives on its way.
   *
   * @param x `[batch, rows, cols, dim]`.
   * @returns Maps of the same shape.
   */
  steps(x: Tensor): BlockSteps {
    const norm1 = this.#norm1.forward(x);
    const attended = this.#attn.forward(norm1, x);
    return { norm1, attended, y: this.#mlp.forward(this.#norm2.forward(attended), attended) };
  }
}
