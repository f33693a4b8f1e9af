/** A pre-norm block that serves two ways: for the tokens inside a tile, and for relay tokens. */
import { attention, type CrossedTable, dense, splitHeads, splitParts } from "@vicinity/attention";
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { pointwise, reshape, slice, type Tensor } from "@vicinity/tensor";
import { LayerNorm } from "@vicinity/vision";
import type { VitConfig } from "./config.ts";
import { LoraLinear, type LoraLinearConfig } from "./lora_linear.ts";

/** Extents that attention and MLP of a block need. */
export type BlockConfig = Pick<VitConfig, "dim" | "heads" | "hidden" | "rank" | "alpha">;

function layerOf(
  { rank, alpha }: BlockConfig,
  relays: boolean,
  layer: Pick<LoraLinearConfig, "name" | "adapters" | "channels">,
): LoraLinearConfig {
  return { ...layer, rank, scale: alpha / rank, relays };
}

/** Attention whose projections have adapters. */
export class RelayAttention {
  readonly #qkv: LoraLinear;
  readonly #proj: LoraLinear;
  readonly #heads: number;

  /** Declares the weights of `attn`. */
  constructor(parameters: Parameters, store: WeightStore, config: BlockConfig, relays = true) {
    const { dim, heads } = config;
    this.#heads = heads;
    const layer = (name: string, output: number) =>
      new LoraLinear(
        parameters,
        store,
        layerOf(config, relays, { name, adapters: `${name}_lora`, channels: [dim, output] }),
      );
    this.#qkv = layer("qkv", 3 * dim);
    this.#proj = layer("proj", dim);
  }

  /** Each tile by itself, `[tiles, tokens, dim]`, with a tensor of this shape to add. */
  local(x: Tensor, residual?: Tensor): Tensor {
    const heads = { parts: 3, heads: this.#heads };
    const [q, k, v] = splitParts(this.#qkv.local(x, { heads }));
    if (!q || !k || !v) throw new TypeError("Cannot attend: the projection has no three parts.");
    const mixed = reshape(attention(q, k, v, dense()), x.shape);
    return this.#proj.local(mixed, residual ? { residual } : {});
  }

  /** All relay tokens `[tokens, dim]` of a clip with each other. */
  relay(x: Tensor, positions: CrossedTable, residual?: Tensor): Tensor {
    const dim = x.shape[1] ?? 0;
    const heads = this.#heads;
    const qkv = this.#qkv.relay(x);
    const part = (index: number) => slice(qkv, 1, index * dim, dim);
    const [q, k] = [0, 1].map((index) => splitHeads(part(index), { heads, crossed: positions }));
    if (!q || !k) throw new TypeError("Cannot attend: the projection has no three parts.");
    const mixed = reshape(attention(q, k, splitHeads(part(2), { heads }), dense()), x.shape);
    return this.#proj.relay(mixed, residual);
  }
}

/** MLP whose layers have adapters. */
export class RelayMlp {
  readonly #fc1: LoraLinear;
  readonly #fc2: LoraLinear;

  /** Declares the weights of `mlp`. */
  constructor(parameters: Parameters, store: WeightStore, config: BlockConfig, relays = true) {
    const { dim, hidden } = config;
    const layer = (number: 1 | 2, channels: readonly [number, number]) =>
      new LoraLinear(
        parameters,
        store,
        layerOf(config, relays, { name: `fc${number}`, adapters: `lora${number}`, channels }),
      );
    this.#fc1 = layer(1, [dim, hidden]);
    this.#fc2 = layer(2, [hidden, dim]);
  }

  /** Tokens of tiles, `[..., dim]`, with a tensor of this shape to add. */
  local(x: Tensor, residual?: Tensor): Tensor {
    const hidden = this.#fc1.local(x, { activation: "gelu" });
    return this.#fc2.local(hidden, residual ? { residual } : {});
  }

  /** Relay tokens, `[..., dim]`, with a tensor of this shape to add. */
  relay(x: Tensor, residual?: Tensor): Tensor {
    return this.#fc2.relay(pointwise("gelu(a)", { a: this.#fc1.relay(x) }), residual);
  }
}

/** One block. */
export class Block {
  readonly #norm1: LayerNorm;
  readonly #attn: RelayAttention;
  readonly #norm2: LayerNorm;
  readonly #mlp: RelayMlp;

  /** Declares the weights; `relays` says whether relay tokens pass through it alone. */
  constructor(parameters: Parameters, store: WeightStore, config: VitConfig, relays = true) {
    const { dim, blockEps } = config;
    this.#norm1 = new LayerNorm(parameters, store.at("norm1"), dim, { eps: blockEps });
    this.#attn = new RelayAttention(parameters, store.at("attn"), config, relays);
    this.#norm2 = new LayerNorm(parameters, store.at("norm2"), dim, { eps: blockEps });
    this.#mlp = new RelayMlp(parameters, store.at("mlp"), config, relays);
  }

  /** Each tile by itself, `[tiles, tokens, dim]` to the same shape. */
  local(x: Tensor): Tensor {
    const attended = this.#attn.local(this.#norm1.forward(x), x);
    return this.#mlp.local(this.#norm2.forward(attended), attended);
  }

  /** Relay tokens of all tiles and frames, `[tokens, dim]` to the same shape. */
  relay(x: Tensor, positions: CrossedTable): Tensor {
    const attended = this.#attn.relay(this.#norm1.forward(x), positions, x);
    return this.#mlp.relay(this.#norm2.forward(attended), attended);
  }
}
