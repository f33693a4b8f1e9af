/**
 * `NeighborhoodAttention2D` and `NeighborhoodAttention1D` of NATTEN 0.14, with the padding of the
 * models: a map smaller than `kernel · dilation` is enlarged by zeros at its end before the qkv
 * layer, so that a padded key is the layer's bias. All padded keys are equal, hence one row for all.
 */
import {
  attention,
  type Neighbourhood,
  neighbourhood,
  paddedHeadDim,
  splitParts,
} from "@vicinity/attention";
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  concat,
  linear,
  type PackedWeight,
  reshape,
  sizeOf,
  slice,
  type Tensor,
} from "@vicinity/tensor";

/** Extents of an attention layer. */
export interface AttentionModuleConfig {
  /** Channels. */
  readonly dim: number;
  /** Heads; they divide the channels. */
  readonly heads: number;
  /** Neighbours along each axis, odd. */
  readonly kernel: number;
  /** Distance between neighbours. */
  readonly dilation: number;
}

/** Attention over neighbourhoods with its projections. */
export class NeighbourhoodAttention {
  readonly #config: AttentionModuleConfig;
  readonly #weights: HeadWeights;
  readonly #rpb: Parameter<Tensor>;
  readonly #axes: number;

  /** Declares `qkv`, `rpb` and `proj`; `axes` is 2 for pictures. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    config: AttentionModuleConfig,
    axes = 2,
  ) {
    this.#config = config;
    this.#axes = axes;
    this.#weights = new HeadWeights(parameters, store, config);
    const extents = Array.from({ length: axes }, () => 2 * config.kernel - 1);
    this.#rpb = parameters.vector(store, "rpb", [config.heads, ...extents]);
  }

  /**
   * Attention and projection.
   *
   * @param x `[batch, ...grid, dim]`, normed already.
   * @param epilogue What happens to the projection: residual, layer scale.
   * @returns Same shape.
   */
  forward(x: Tensor, epilogue: { residual?: Tensor; scale?: Tensor } = {}): Tensor {
    const { heads, kernel, dilation } = this.#config;
    const grid = x.shape.slice(1, 1 + this.#axes);
    const vicinity = neighbourhood({ grid, kernel, dilation, padding: true });
    const bias = reshape(this.#rpb.value, [
      heads,
      ...Array.from({ length: this.#axes }, () => 2 * kernel - 1),
    ]);
    return this.#weights.around(x, epilogue, (tokens, split) => {
      const [q, k, v] = split(isPadded(vicinity) ? withZeroRow(tokens) : tokens);
      return attention(q, k, v, vicinity, { bias, scale: this.#weights.scale });
    });
  }
}

function isPadded({ grid, padded }: Neighbourhood): boolean {
  return padded.some((extent, axis) => extent !== grid[axis]);
}

function withZeroRow(tokens: Tensor): Tensor {
  const [batch = 0, , channels = 0] = tokens.shape;
  const zeros = tokens.gpu.empty([batch, 1, channels]);
  tokens.gpu.clear(zeros);
  return concat([tokens, zeros], 1);
}

/** Splits tokens `[batch, n, dim]` into q, k and v, `[batch, heads, n, width]`. */
type Split = (tokens: Tensor) => readonly [Tensor, Tensor, Tensor];

/** The two projections; the width of a head is padded to a multiple of 4 with zeros. */
export class HeadWeights {
  /** Factor of the scores. */
  readonly scale: number;
  readonly #heads: number;
  readonly #width: number;
  readonly #qkv: Parameter<PackedWeight>;
  readonly #qkvBias: Parameter<Tensor>;
  readonly #proj: Parameter<PackedWeight>;
  readonly #projBias: Parameter<Tensor>;

  /** Declares `qkv` and `proj`. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    { dim, heads }: { readonly dim: number; readonly heads: number },
  ) {
    const width = dim / heads;
    this.scale = 1 / Math.sqrt(width);
    this.#heads = heads;
    this.#width = paddedHeadDim(width);
    const padded = this.#width;
    const qkv = store.at("qkv").get("weight", [3 * dim, dim]);
    this.#qkv = parameters.packedFrom(qkv.key, async () => ({
      values: spreadGroups(await qkv.float32(), width * dim, padded * dim),
      shape: [3 * heads * padded, dim],
    }));
    this.#qkvBias = parameters.vector(
      store.at("qkv"),
      "bias",
      [3 * dim],
      (values) => spreadGroups(values, width, padded),
    );
    const proj = store.at("proj").get("weight", [dim, dim]);
    this.#proj = parameters.packedFrom(proj.key, async () => ({
      values: spreadGroups(await proj.float32(), width, padded),
      shape: [dim, heads * padded],
    }));
    this.#projBias = parameters.vector(store.at("proj"), "bias", [dim]);
  }

  /**
   * Projections around an attention.
   *
   * @param x `[batch, ...grid, dim]`.
   * @param epilogue What happens to the last projection.
   * @param attend From tokens `[batch, n, dim]` to `[batch, n or more, heads, width]`.
   * @returns Shape of `x`.
   */
  around(
    x: Tensor,
    epilogue: { residual?: Tensor; scale?: Tensor },
    attend: (tokens: Tensor, split: Split) => Tensor,
  ): Tensor {
    const [batch = 0] = x.shape;
    const dim = x.shape.at(-1) ?? 0;
    const count = sizeOf(x.shape) / Math.max(1, batch * dim);
    const mixed = attend(reshape(x, [batch, count, dim]), (tokens) => this.#split(tokens));
    const rows = (mixed.shape[1] ?? 0) === count ? mixed : slice(mixed, 1, 0, count);
    const flat = reshape(rows, [...x.shape.slice(0, -1), this.#heads * this.#width]);
    return linear(flat, this.#proj.value, { ...epilogue, bias: this.#projBias.value });
  }

  #split(tokens: Tensor): readonly [Tensor, Tensor, Tensor] {
    const [q, k, v] = splitParts(
      linear(tokens, this.#qkv.value, {
        bias: this.#qkvBias.value,
        heads: { parts: 3, heads: this.#heads },
      }),
    );
    if (!q || !k || !v) throw new TypeError("Cannot attend: the projection has no three parts.");
    return [q, k, v];
  }
}

/** Copies groups of `size` values to places `padded` apart, zeros between. */
function spreadGroups(
  values: Float32Array,
  size: number,
  padded: number,
): Float32Array {
  if (size === padded) return values;
  const groups = values.length / size;
  const spread = new Float32Array(groups * padded);
  for (let group = 0; group < groups; group++) {
    spread.set(values.subarray(group * size, (group + 1) * size), group * padded);
  }
  return spread;
}
