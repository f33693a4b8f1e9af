/** Weights of `nn.MultiheadAttention` on their way to the GPU. */
import { paddedHeadDim } from "@vicinity/attention";
import type { Parameter, Parameters, Weight, WeightStore } from "@vicinity/checkpoint";
import type { PackedWeight, Tensor } from "@vicinity/tensor";
import { padHeadColumns, padHeadRows } from "./head_matrices.ts";

/** Channels and heads. */
export interface AttentionExtents {
  /** Channels. */
  readonly channels: number;
  /** Heads; they divide the channels. */
  readonly heads: number;
}

/** The parts of `in_proj`, in its order. */
const PARTS = ["query", "key", "value"] as const;

/** A part of `in_proj`. */
export type ProjectionPart = typeof PARTS[number];

/** Declares `in_proj_weight`, `in_proj_bias` and `out_proj`; heads are as wide as kernels take them. */
export class AttentionWeights {
  /** Factor of the scores. */
  readonly scale: number;
  /** Channels of the padded heads together. */
  readonly width: number;
  readonly #parameters: Parameters;
  readonly #extents: AttentionExtents;
  readonly #weight: Weight;
  readonly #bias: Weight;
  readonly #out: Parameter<PackedWeight>;
  readonly #outBias: Parameter<Tensor>;

  /** Declares the weights. */
  constructor(parameters: Parameters, store: WeightStore, extents: AttentionExtents) {
    const { channels, heads } = extents;
    this.#parameters = parameters;
    this.#extents = extents;
    this.scale = 1 / Math.sqrt(channels / heads);
    this.width = heads * paddedHeadDim(channels / heads);
    this.#weight = store.get("in_proj_weight", [3 * channels, channels]);
    this.#bias = store.get("in_proj_bias", [3 * channels]);
    const out = store.at("out_proj");
    const weight = out.get("weight", [channels, channels]);
    this.#out = parameters.packedFrom(weight.key, async () => ({
      values: padHeadColumns(await weight.float32(), heads, channels / heads),
      shape: [channels, this.width],
    }));
    this.#outBias = parameters.vector(out, "bias", [channels]);
  }

  /** Parts of the projection, one behind the other, packed for linear layers. */
  packed(parts: readonly ProjectionPart[]): Parameter<PackedWeight> {
    return this.#parameters.packedFrom(this.#weight.key, () => this.matrix(parts));
  }

  /** Parts of the bias, one behind the other. */
  bias(parts: readonly ProjectionPart[]): Parameter<Tensor> {
    const { gpu } = this.#parameters;
    return this.#parameters.derived(
      this.#bias.key,
      async () => gpu.tensor([parts.length * this.width], await this.#rows(this.#bias, parts)),
    );
  }

  /** Parts of the projection on the host, `[parts · width, channels]`; after the store's `finish()`. */
  async matrix(
    parts: readonly ProjectionPart[],
  ): Promise<{ readonly values: Float32Array; readonly shape: [number, number] }> {
    const values = await this.#rows(this.#weight, parts);
    return { values, shape: [parts.length * this.width, this.#extents.channels] };
  }

  async #rows(weight: Weight, parts: readonly ProjectionPart[]): Promise<Float32Array> {
    const { channels, heads } = this.#extents;
    const all = await weight.float32();
    const size = all.length / PARTS.length;
    const chosen = new Float32Array(size * parts.length);
    for (const [index, part] of parts.entries()) {
      const from = PARTS.indexOf(part) * size;
      chosen.set(all.subarray(from, from + size), index * size);
    }
    return padHeadRows(chosen, parts.length * heads, channels / heads);
  }

  /** The output projection. */
  get out(): { readonly weight: PackedWeight; readonly bias: Tensor } {
    return { weight: this.#out.value, bias: this.#outBias.value };
  }
}
