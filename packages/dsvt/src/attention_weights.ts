/** Weights of `nn.MultiheadAttention` on their way to the GPU. */
import { paddedHeadDim } from "@vicinity/attention";
import type { Parameter, Parameters, Weight, WeightStore } from "@vicinity/checkpoint";
import { linear, type PackedWeight, packWeight, reshape, type Tensor } from "@vicinity/tensor";
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

/**
 * From rows to one part of their heads.
 *
 * @param x `[rows, channels]`.
 * @param numbers u32, for each row what is added to it; without them nothing is.
 * @returns `[1, heads, rows, width]`.
 */
export type Projection = (x: Tensor, numbers?: Tensor) => Tensor;

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

  /**
   * Declares a part of the projection with its bias. The parts are apart, since all three of many rows
   * would be larger than a binding may be.
   *
   * @param part Which one.
   * @param added Reads what is added to rows by number, in place of the sum with a position, and gives
   * what makes the tensor.
   * @returns The part.
   */
  projection(part: ProjectionPart, added?: () => Promise<() => Tensor>): Projection {
    const { heads } = this.#extents;
    const weight = this.#parameters.packedFrom(this.#weight.key, () => this.#matrix(part));
    const bias = this.#parameters.derived(
      this.#bias.key,
      async () => this.#parameters.gpu.tensor([this.width], await this.#rows(this.#bias, part)),
    );
    const table = added && this.#parameters.derived(`${this.#weight.key} table`, async () => {
      const { values, shape } = await this.#matrix(part);
      const positions = await added();
      const { gpu } = this.#parameters;
      // Nothing is awaited in the scope, since others may make tensors meanwhile.
      using scope = gpu.scope();
      return scope.keep(linear(positions(), packWeight(gpu, values, shape)));
    });
    return (x, numbers) => {
      const [rows = 0, channels = 0] = x.shape;
      const y = linear(reshape(x, [1, rows, channels]), weight.value, {
        bias: bias.value,
        ...(table && numbers ? { lookup: { table: table.value, rows: numbers } } : {}),
        heads: { parts: 1, heads },
      });
      return reshape(y, y.shape.slice(1));
    };
  }

  async #matrix(part: ProjectionPart): Promise<{ values: Float32Array; shape: [number, number] }> {
    const values = await this.#rows(this.#weight, part);
    return { values, shape: [this.width, this.#extents.channels] };
  }

  /** A third of the rows of `in_proj`, heads padded; after the store's `finish()`. */
  async #rows(weight: Weight, part: ProjectionPart): Promise<Float32Array> {
    const { channels, heads } = this.#extents;
    const all = await weight.float32();
    const size = all.length / PARTS.length;
    const from = PARTS.indexOf(part) * size;
    return padHeadRows(all.subarray(from, from + size), heads, channels / heads);
  }

  /** The output projection. */
  get out(): { readonly weight: PackedWeight; readonly bias: Tensor } {
    return { weight: this.#out.value, bias: this.#outBias.value };
  }
}
