/** Attention of proposals, to themselves and to the cells around them. */
import { attention, paddedHeadDim, splitParts, vicinityFromTables } from "@vicinity/attention";
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { linear, type PackedWeight, reshape, slice, type Tensor } from "@vicinity/tensor";
import { applied, padHeadColumns, padHeadRows, product } from "./head_matrices.ts";

/** A linear layer whose weights are computed at load. */
interface DerivedLinear {
  readonly weight: Parameter<PackedWeight>;
  readonly bias: Parameter<Tensor>;
}

function derivedLinear(
  parameters: Parameters,
  key: string,
  [columns, rows]: readonly [number, number],
  make: () => Promise<{ readonly weight: Float32Array; readonly bias: Float32Array }>,
): DerivedLinear {
  return {
    weight: parameters.packedFrom(
      key,
      async () => ({ values: (await make()).weight, shape: [rows, columns] }),
    ),
    bias: parameters.derived(
      key,
      async () => parameters.gpu.tensor([rows], (await make()).bias),
    ),
  };
}

/** Weights of `nn.MultiheadAttention`. */
function multihead(store: WeightStore, channels: number) {
  const out = store.at("out_proj");
  return {
    inWeight: store.get("in_proj_weight", [3 * channels, channels]),
    inBias: store.get("in_proj_bias", [3 * channels]),
    outWeight: out.get("weight", [channels, channels]),
    outBias: out.get("bias", [channels]),
  };
}

/**
 * Attention of a proposal to itself alone: a softmax over one key is 1, so that what comes out is the
 * value, projected twice. The two matrices are one here, and the parts for queries and keys unused.
 */
export class OwnAttention {
  readonly #linear: DerivedLinear;

  /** Declares `in_proj_*` and `out_proj`. */
  constructor(parameters: Parameters, store: WeightStore, channels: number) {
    const { inWeight, inBias, outWeight, outBias } = multihead(store, channels);
    this.#linear = derivedLinear(parameters, inWeight.key, [channels, channels], async () => {
      const [out, offsets] = [await outWeight.float32(), await outBias.float32()];
      const value = (await inWeight.float32()).subarray(2 * channels * channels);
      const inner = applied(out, (await inBias.float32()).subarray(2 * channels));
      return {
        weight: product(out, value, channels),
        bias: offsets.map((offset, i) => offset + (inner[i] ?? 0)),
      };
    });
  }

  /** `[n, channels]`; `residual` is added. */
  forward(x: Tensor, residual: Tensor): Tensor {
    const { weight, bias } = this.#linear;
    return linear(x, weight.value, { bias: bias.value, residual });
  }
}

/** Extents of {@link CellAttention}. */
export interface CellAttentionConfig {
  /** Channels. */
  readonly channels: number;
  /** Heads; they divide the channels. */
  readonly heads: number;
  /** Proposals at most. */
  readonly proposals: number;
}

/**
 * Attention of proposals to the cells around them. Keys and values are computed once for each cell
 * and not, as in the official code, for each proposal that sees it.
 */
export class CellAttention {
  readonly #config: CellAttentionConfig;
  readonly #query: DerivedLinear;
  readonly #keyValue: DerivedLinear;
  readonly #out: DerivedLinear;
  readonly #numbers: Parameter<Tensor>;

  /** Declares `in_proj_*` and `out_proj`. */
  constructor(parameters: Parameters, store: WeightStore, config: CellAttentionConfig) {
    const { channels, heads, proposals } = config;
    const width = channels / heads;
    const inner = heads * paddedHeadDim(width);
    const { inWeight, inBias, outWeight, outBias } = multihead(store, channels);
    const projection = (first: number, parts: number) =>
      derivedLinear(parameters, inWeight.key, [channels, parts * inner], async () => {
        const rows = [first * channels, (first + parts) * channels] as const;
        const weight = (await inWeight.float32()).slice(rows[0] * channels, rows[1] * channels);
        const bias = (await inBias.float32()).slice(...rows);
        const padded = (values: Float32Array) => padHeadRows(values, parts * heads, width);
        return { weight: padded(weight), bias: padded(bias) };
      });
    this.#config = config;
    this.#query = projection(0, 1);
    this.#keyValue = projection(1, 2);
    this.#out = derivedLinear(parameters, outWeight.key, [inner, channels], async () => ({
      weight: padHeadColumns(await outWeight.float32(), heads, width),
      bias: await outBias.float32(),
    }));
    const numbers = Uint32Array.from({ length: proposals }, (_, index) => index);
    this.#numbers = parameters.derived(
      `${store.path} proposals`,
      () => Promise.resolve(parameters.gpu.tensor([proposals, 1], numbers)),
    );
  }

  /**
   * Looks around.
   *
   * @param queries `[n, channels]`.
   * @param cells `[cells, channels]`, keys and values.
   * @param keys u32 `[n, keys]`: the cells that each query sees, `ABSENT` for none.
   * @param residual `[n, channels]`, added.
   * @returns `[n, channels]`.
   */
  forward(queries: Tensor, cells: Tensor, keys: Tensor, residual: Tensor): Tensor {
    const { channels, heads } = this.#config;
    const count = queries.shape[0] ?? 0;
    const split = (x: Tensor, { weight, bias }: DerivedLinear, parts: number) =>
      splitParts(linear(reshape(x, [1, ...x.shape]), weight.value, {
        bias: bias.value,
        heads: { parts, heads },
      }));
    const [q] = split(queries, this.#query, 1);
    const [k, v] = split(cells, this.#keyValue, 2);
    if (!q || !k || !v) throw new TypeError("Cannot attend: a projection is missing.");
    const vicinity = vicinityFromTables(slice(this.#numbers.value, 0, 0, count), keys);
    const seen = attention(q, k, v, vicinity, { scale: Math.sqrt(heads / channels) });
    const { weight, bias } = this.#out;
    const rows = reshape(seen, [count, weight.value.channels]);
    return linear(rows, weight.value, { bias: bias.value, residual });
  }
}
