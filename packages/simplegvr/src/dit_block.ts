/** One block of Wan2.1's transformer, with SimpleGVR's attention in place of the full one. */
import {
  attention,
  dense,
  paddedHeadDim,
  type PreparedVicinity,
  type RotaryTable,
  splitHeads,
} from "@vicinity/attention";
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { layerNorm, reshape, rmsNorm, sizeOf, type Tensor } from "@vicinity/tensor";
import type { DitConfig } from "./config.ts";
import { HeadsLinear, Linear } from "./linear.ts";
import { Modulation } from "./modulation.ts";

/** Of the layer norms without weights and of the query and key norms. */
export const EPSILON = 1e-6;

/** What a block needs besides its tokens. */
export interface BlockContext {
  /** Angles of each token's frame, row and column. */
  readonly rotary: RotaryTable;
  /** Who attends to whom among these tokens. */
  readonly vicinity: PreparedVicinity;
  /** Embedded text `[rows, dim]`, for blocks with cross-attention. */
  readonly text?: Tensor | undefined;
}

/** Projections to query, key and value, with norms over the full width before the heads part. */
class Projections {
  readonly #q: Linear;
  readonly #k: Linear;
  readonly #v: Linear;
  readonly #normQ: Parameter<Tensor>;
  readonly #normK: Parameter<Tensor>;
  readonly #output: HeadsLinear;
  readonly #heads: number;
  readonly #scale: number;

  constructor(parameters: Parameters, store: WeightStore, { dim, numHeads }: DitConfig) {
    const project = (name: string) => new Linear(parameters, store.at(name), dim, dim);
    const padded = paddedHeadDim(dim / numHeads);
    this.#q = project("q");
    this.#k = project("k");
    this.#v = project("v");
    this.#normQ = parameters.vector(store.at("norm_q"), "weight", [dim]);
    this.#normK = parameters.vector(store.at("norm_k"), "weight", [dim]);
    this.#output = new HeadsLinear(parameters, store.at("o"), dim, { heads: numHeads, padded });
    this.#heads = numHeads;
    // The heads may be stored wider than they are: the scale is that of their true width.
    this.#scale = 1 / Math.sqrt(dim / numHeads);
  }

  /** Attention of tokens `[n, dim]` to rows `[m, dim]`; gated and added to `residual`. */
  forward(
    tokens: Tensor,
    rows: Tensor,
    options: {
      readonly vicinity: PreparedVicinity | ReturnType<typeof dense>;
      readonly rotary?: RotaryTable;
      readonly gate?: Tensor;
      readonly residual: Tensor;
    },
  ): Tensor {
    const { rotary, gate, residual } = options;
    const heads = this.#heads;
    const norm = { eps: EPSILON };
    const q = splitHeads(rmsNorm(this.#q.forward(tokens), this.#normQ.value, norm), {
      heads,
      rotary,
    });
    const k = splitHeads(rmsNorm(this.#k.forward(rows), this.#normK.value, norm), {
      heads,
      rotary,
    });
    const v = splitHeads(this.#v.forward(rows), { heads });
    const mixed = attention(q, k, v, options.vicinity, { scale: this.#scale });
    const flat = reshape(mixed, [tokens.shape[0] ?? 0, sizeOf(mixed.shape.slice(2))]);
    return this.#output.forward(flat, { residual, ...(gate ? { scale: gate } : {}) });
  }
}

/** Attention to the embedded text, with its own affine norm. */
class TextAttention {
  readonly #weight: Parameter<Tensor>;
  readonly #bias: Parameter<Tensor>;
  readonly #projections: Projections;

  constructor(parameters: Parameters, store: WeightStore, config: DitConfig) {
    this.#weight = parameters.vector(store.at("norm3"), "weight", [config.dim]);
    this.#bias = parameters.vector(store.at("norm3"), "bias", [config.dim]);
    this.#projections = new Projections(parameters, store.at("cross_attn"), config);
  }

  forward(x: Tensor, text: Tensor): Tensor {
    const normed = layerNorm(x, {
      weight: this.#weight.value,
      bias: this.#bias.value,
      eps: EPSILON,
    });
    return this.#projections.forward(normed, text, { vicinity: dense(), residual: x });
  }
}

/** Modulated self-attention, optional attention to text, modulated feed-forward. */
export class DitBlock {
  /** Shift, scale and gate of the attention, then of the feed-forward. */
  readonly modulation: Modulation;
  readonly #attention: Projections;
  readonly #text: TextAttention | undefined;
  readonly #widen: Linear;
  readonly #narrow: Linear;

  /** Declares the weights of `blocks.i`. */
  constructor(parameters: Parameters, store: WeightStore, config: DitConfig) {
    const { dim, ffnDim } = config;
    this.modulation = new Modulation(parameters, store, 6, dim);
    this.#attention = new Projections(parameters, store.at("self_attn"), config);
    this.#text = config.crossAttn ? new TextAttention(parameters, store, config) : undefined;
    this.#widen = new Linear(parameters, store.at("ffn.0"), dim, ffnDim);
    this.#narrow = new Linear(parameters, store.at("ffn.2"), ffnDim, dim);
  }

  /**
   * Runs the block over the tokens of one unit.
   *
   * @param x Tokens `[n, dim]` in frame, row, column order.
   * @param context Positions, vicinity and text.
   * @returns `[n, dim]`.
   */
  forward(x: Tensor, { rotary, vicinity, text }: BlockContext): Tensor {
    const [shift1, scale1, gate1, shift2, scale2, gate2] = [0, 1, 2, 3, 4, 5].map((index) =>
      this.modulation.row(index)
    ) as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const attended = layerNorm(x, { eps: EPSILON, shift: shift1, scale: scale1 });
    let y = this.#attention.forward(attended, attended, {
      vicinity,
      rotary,
      gate: gate1,
      residual: x,
    });
    if (this.#text && text) y = this.#text.forward(y, text);
    const normed = layerNorm(y, { eps: EPSILON, shift: shift2, scale: scale2 });
    const wide = this.#widen.forward(normed, { activation: "gelu_tanh" });
    return this.#narrow.forward(wide, { scale: gate2, residual: y });
  }
}
