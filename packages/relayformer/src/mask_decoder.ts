/**
 * The mask decoder: a few queries look at the features of a frame, and the mask is the sum of their
 * gated products with each pixel. Since that is linear in the features, the queries are summed first
 * and each pixel takes one product.
 */
import { attention, dense, splitHeads, splitParts } from "@vicinity/attention";
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  linear,
  matmul,
  type PackedWeight,
  pointwise,
  reshape,
  type Tensor,
} from "@vicinity/tensor";
import { Conv2d, LayerNorm, Linear } from "@vicinity/vision";
import type { DecoderConfig } from "./config.ts";

/** What a layer gives, after each of its norms, `[queries, dim]`. */
export interface DecoderLayerOutput {
  /** After looking at the features. */
  readonly cross: Tensor;
  /** After looking at each other. */
  readonly self: Tensor;
  /** After the MLP. */
  readonly ffn: Tensor;
}

/** What the decoder gives of a frame. */
export interface DecoderOutput {
  /** Projected features, `[rows, cols, dim]`. */
  readonly projected: Tensor;
  /** What each layer gives. */
  readonly layers: readonly DecoderLayerOutput[];
  /** Gate of each query before the sigmoid, `[queries, 1]`. */
  readonly gates: Tensor;
  /** Logits, `[rows, cols]`. */
  readonly mask: Tensor;
}

/** PyTorch's `MultiheadAttention` from queries to features. */
class CrossAttention {
  readonly #q: Parameter<PackedWeight>;
  readonly #kv: Parameter<PackedWeight>;
  readonly #qBias: Parameter<Tensor>;
  readonly #kvBias: Parameter<Tensor>;
  readonly #out: Linear;
  readonly #heads: number;

  constructor(parameters: Parameters, store: WeightStore, { dim, heads }: DecoderConfig) {
    this.#heads = heads;
    const weight = store.get("in_proj_weight", [3 * dim, dim]);
    const bias = store.get("in_proj_bias", [3 * dim]);
    const rows = (first: number, count: number) =>
      parameters.packedFrom(weight.key, async () => ({
        values: (await weight.float32()).subarray(first * dim, (first + count) * dim),
        shape: [count, dim],
      }));
    const part = (first: number, count: number) =>
      parameters.derived(
        bias.key,
        async () =>
          parameters.gpu.tensor([count], (await bias.float32()).subarray(first, first + count)),
      );
    [this.#q, this.#kv] = [rows(0, dim), rows(dim, 2 * dim)];
    [this.#qBias, this.#kvBias] = [part(0, dim), part(dim, 2 * dim)];
    this.#out = new Linear(parameters, store.at("out_proj"), [dim, dim]);
  }

  /** Queries `[1, n, dim]` and features `[1, pixels, dim]`, plus the queries. */
  forward(queries: Tensor, features: Tensor): Tensor {
    const heads = this.#heads;
    const project = (x: Tensor, weight: PackedWeight, bias: Tensor, parts: number) =>
      splitParts(linear(x, weight, { bias, heads: { parts, heads } }));
    const [q] = project(queries, this.#q.value, this.#qBias.value, 1);
    const [k, v] = project(features, this.#kv.value, this.#kvBias.value, 2);
    if (!q || !k || !v) throw new TypeError("Cannot attend: a projection has no parts.");
    const mixed = reshape(attention(q, k, v, dense()), queries.shape);
    return this.#out.forward(mixed, { residual: queries });
  }
}

/** Attention of the queries to each other, with rotary position embedding. */
class SelfAttention {
  readonly #q: Linear;
  readonly #k: Linear;
  readonly #v: Linear;
  readonly #proj: Linear;
  readonly #cos: Parameter<Tensor>;
  readonly #sin: Parameter<Tensor>;
  readonly #heads: number;

  constructor(parameters: Parameters, store: WeightStore, config: DecoderConfig) {
    const { dim, heads, queries } = config;
    this.#heads = heads;
    const layer = (name: string, bias: boolean) =>
      new Linear(parameters, store.at(name), [dim, dim], { bias });
    this.#q = layer("q_proj", false);
    this.#k = layer("k_proj", false);
    this.#v = layer("v_proj", false);
    this.#proj = layer("proj", true);
    const pairs = dim / heads / 2;
    const frequencies = store.at("token_rotary_emb").get("freqs", [pairs]);
    const table = (f: (angle: number) => number) =>
      parameters.derived(frequencies.key, async () => {
        const stored = await frequencies.float32();
        const values = Float32Array.from(
          { length: queries * pairs },
          (_, at) => f(Math.floor(at / pairs) * (stored[at % pairs] ?? 0)),
        );
        return parameters.gpu.tensor([queries, pairs], values);
      });
    [this.#cos, this.#sin] = [table(Math.cos), table(Math.sin)];
  }

  /** Queries `[n, dim]`, plus the queries. */
  forward(queries: Tensor): Tensor {
    const heads = this.#heads;
    const rotary = { cos: this.#cos.value, sin: this.#sin.value };
    const q = splitHeads(this.#q.forward(queries), { heads, rotary });
    const k = splitHeads(this.#k.forward(queries), { heads, rotary });
    const v = splitHeads(this.#v.forward(queries), { heads });
    const mixed = reshape(attention(q, k, v, dense()), queries.shape);
    return this.#proj.forward(mixed, { residual: queries });
  }
}

/** A post-norm layer: features, each other, MLP. */
class DecoderLayer {
  readonly #cross: CrossAttention;
  readonly #self: SelfAttention;
  readonly #widen: Linear;
  readonly #narrow: Linear;
  readonly #norms: readonly [LayerNorm, LayerNorm, LayerNorm];

  constructor(parameters: Parameters, store: WeightStore, config: DecoderConfig) {
    const { dim, hidden } = config;
    const norm = (name: string) => new LayerNorm(parameters, store.at(name), dim);
    this.#cross = new CrossAttention(parameters, store.at("cross_attn"), config);
    this.#self = new SelfAttention(parameters, store.at("self_attn"), config);
    this.#widen = new Linear(parameters, store.at("ffn.0"), [dim, hidden]);
    this.#narrow = new Linear(parameters, store.at("ffn.2"), [hidden, dim]);
    this.#norms = [norm("norm_cross"), norm("norm_self"), norm("norm_ffn")];
  }

  forward(queries: Tensor, features: Tensor): DecoderLayerOutput {
    const [normCross, normSelf, normFfn] = this.#norms;
    const looked = this.#cross.forward(reshape(queries, [1, ...queries.shape]), features);
    const cross = normCross.forward(reshape(looked, queries.shape));
    const self = normSelf.forward(this.#self.forward(cross));
    const hidden = this.#widen.forward(self, { activation: "relu" });
    const ffn = normFfn.forward(this.#narrow.forward(hidden, { residual: self }));
    return { cross, self, ffn };
  }
}

/** Decodes the features of a frame. */
export class MaskDecoder {
  readonly #inputProj: Conv2d;
  readonly #queries: Parameter<Tensor>;
  readonly #layers: readonly DecoderLayer[];
  readonly #gate: Linear;
  readonly #config: DecoderConfig;

  /** Declares the weights; `channels` are those of the features. */
  constructor(parameters: Parameters, store: WeightStore, channels: number, config: DecoderConfig) {
    const { dim, queries, layers } = config;
    this.#config = config;
    this.#inputProj = new Conv2d(parameters, store.at("input_proj"), [dim, channels, 3, 3], {
      padding: 1,
    });
    this.#queries = parameters.vector(store.at("mask_embed"), "weight", [queries, dim]);
    this.#layers = Array.from(
      { length: layers },
      (_, index) => new DecoderLayer(parameters, store.at("layers").at(index), config),
    );
    this.#gate = new Linear(parameters, store.at("gate_mlp"), [dim, 1]);
    store.skip("final_conv");
  }

  /** Features of one frame, `[1, rows, cols, channels]`. */
  forward(features: Tensor): DecoderOutput {
    const { dim, queries: count } = this.#config;
    const [, rows = 0, cols = 0] = features.shape;
    const projected = this.#inputProj.forward(features);
    const pixels = reshape(projected, [1, rows * cols, dim]);
    let queries = reshape(this.#queries.value, [count, dim]);
    const layers = this.#layers.map((layer) => {
      const output = layer.forward(queries, pixels);
      queries = output.ffn;
      return output;
    });
    const gates = this.#gate.forward(queries);
    const weights = reshape(pointwise("sigmoid(a)", { a: gates }), [1, count]);
    const summed = matmul(weights, queries);
    const mask = matmul(reshape(pixels, [rows * cols, dim]), summed, { transposed: true });
    return {
      projected: reshape(projected, [rows, cols, dim]),
      layers,
      gates,
      mask: reshape(mask, [rows, cols]),
    };
  }
}
