/**
 * `FaSA`, factorized self-attention: each token sees a coarse grid of the picture, keys that are fused
 * from all of its windows, and keys that are fused from all of its dilated windows, each with its own
 * share of the channels.
 */
import {
  attention,
  dense,
  factorized,
  type FusedKeys,
  fusedKeys,
  splitParts,
} from "@vicinity/attention";
import type { Parameter, Parameters, Weight, WeightStore } from "@vicinity/checkpoint";
import { linear, type PackedWeight, reshape, type Tensor } from "@vicinity/tensor";
import { Conv2d, DepthwiseConv2d, LayerNorm, pickColumns, pickRows } from "@vicinity/vision";
import {
  type ChannelGroups,
  channelGroups,
  type FactorizedAttentionConfig,
  paddedRange,
  queryPicks,
  resultPicks,
  WINDOW,
} from "./channel_groups.ts";
import { Fusion } from "./fusion_weights.ts";

/** A linear layer whose channels are in the order and with the padding of the kernels. */
interface PickedLinear {
  readonly weight: Parameter<PackedWeight>;
  readonly bias: Parameter<Tensor>;
}

/** Everything on the way to the result; widths of heads are padded to fours by zeros. */
export interface FactorizedParts {
  /** Queries of the global group `[batch, 1, tokens, width]`. */
  readonly globalQueries: Tensor;
  /** Queries of the local groups, `[groups · batch, heads, tokens, width]`. */
  readonly localQueries: Tensor;
  /** Keys of the coarse grid, `[batch, 1, keys, width]`. */
  readonly globalKeys: Tensor;
  /** Values of the coarse grid. */
  readonly globalValues: Tensor;
  /** What the fused keys are made of, `[batch, tokens, channels]`. */
  readonly windowTokens: Tensor;
  /** Fused keys and values, `[groups · batch, heads, places, width]`. */
  readonly fused: FusedKeys;
  /** Results side by side, `[batch, tokens, channels]`: global, then group by group and head by head. */
  readonly mixed: Tensor;
}

/** Attention with its projections. */
export class FactorizedAttention {
  readonly #config: FactorizedAttentionConfig;
  readonly #groups: ChannelGroups;
  readonly #globalQuery: PickedLinear;
  readonly #localQuery: PickedLinear;
  readonly #reduce: Conv2d;
  readonly #norm: LayerNorm;
  readonly #globalKeyValue: PickedLinear;
  readonly #globalConv: DepthwiseConv2d;
  readonly #depthConv: DepthwiseConv2d;
  readonly #pointConv: PickedLinear;
  readonly #fusion: Fusion;
  readonly #proj: PickedLinear;
  readonly #mixedChannels: number;

  /** Declares `q`, `sr`, `norm`, `kv_g`, `local_conv_g`, `kv_l`, `fcs`, `single_heads`, `local_convs` and `proj`. */
  constructor(parameters: Parameters, store: WeightStore, config: FactorizedAttentionConfig) {
    const { dim, heads, reduction } = config;
    const groups = channelGroups(config);
    const { global, dilations, width } = groups;
    const local = dim - global;
    this.#config = config;
    this.#groups = groups;
    const query = new DeclaredLinear(parameters, store.at("q"), [dim, dim]);
    this.#globalQuery = query.rows(paddedRange(0, global));
    this.#localQuery = query.rows(queryPicks(config));
    this.#reduce = new Conv2d(
      parameters,
      store.at("sr"),
      [global, global, reduction, reduction],
      { stride: reduction, leading: true },
    );
    this.#norm = new LayerNorm(parameters, store.at("norm"), global);
    const globalRange = paddedRange(0, global);
    this.#globalKeyValue = new DeclaredLinear(parameters, store.at("kv_g"), [2 * global, global])
      .rows([...globalRange, ...paddedRange(global, global)]);
    this.#globalConv = new DepthwiseConv2d(
      parameters,
      store.at("local_conv_g"),
      [global, 3],
      globalRange,
    );
    // The channels of the global group pass both convolutions as zeros, so that nothing is cut out.
    const behind = Array.from({ length: dim }, (_, channel) => Math.max(-1, channel - global));
    const keyValue = store.at("kv_l");
    this.#depthConv = new DepthwiseConv2d(
      parameters,
      keyValue.at("depth_conv"),
      [local, 3],
      behind,
    );
    const point = new DeclaredLinear(parameters, keyValue.at("point_conv"), [local, local, 1, 1]);
    this.#pointConv = { weight: point.columns(behind), bias: point.bias() };
    this.#fusion = new Fusion(parameters, store, dilations.length, { heads, width });
    const proj = new DeclaredLinear(parameters, store.at("proj"), [dim, dim]);
    const mixed = [globalRange, ...dilations.map((_, group) => resultPicks(config, group))].flat();
    this.#mixedChannels = mixed.length;
    this.#proj = { weight: proj.columns(mixed), bias: proj.bias() };
  }

  /**
   * Attention and projection.
   *
   * @param x `[batch, rows, cols, dim]`, normed already.
   * @param residual Added to the result, of the same shape.
   * @returns Same shape.
   * @throws {ShapeError} If the map is too small for the windows.
   */
  forward(x: Tensor, residual: Tensor): Tensor {
    const [batch = 0, rows = 0, cols = 0, dim = 0] = x.shape;
    const { weight, bias } = this.#proj;
    const y = linear(this.parts(x).mixed, weight.value, {
      bias: bias.value,
      residual: reshape(residual, [batch, rows * cols, dim]),
    });
    return reshape(y, x.shape);
  }

  /**
   * Everything but the projection.
   *
   * @param x `[batch, rows, cols, dim]`, normed already.
   * @returns Results of the groups and what led to them.
   */
  parts(x: Tensor): FactorizedParts {
    const [batch = 0, rows = 0, cols = 0, dim = 0] = x.shape;
    const { heads } = this.#config;
    const { global, dilations, width } = this.#groups;
    const tokens = reshape(x, [batch, rows * cols, dim]);
    const globalQueries = firstPart(applied(this.#globalQuery, tokens, { parts: 1, heads: 1 }));
    const split = applied(this.#localQuery, tokens, { parts: dilations.length, heads });
    const localQueries = reshape(split, [dilations.length * batch, ...split.shape.slice(2)]);
    const { globalKeys, globalValues } = this.#coarse(x);
    const windowTokens = reshape(
      applied(this.#pointConv, this.#depthConv.forward(x)),
      [batch, rows * cols, dim - global],
    );
    const vicinities = dilations.map((dilation) =>
      factorized({ grid: [rows, cols], size: WINDOW, dilation })
    );
    const fused = fusedKeys(windowTokens, vicinities, { heads, width }, this.#fusion.value);
    const [windows] = vicinities;
    if (!windows) throw new TypeError("Cannot attend: there are no local groups.");
    const mixed = x.gpu.empty([batch, rows * cols, this.#mixedChannels]);
    attention(globalQueries, globalKeys, globalValues, dense(), {
      scale: 1 / Math.sqrt(global),
      into: { tensor: mixed, channel: 0 },
    });
    attention(localQueries, fused.keys, fused.values, windows, {
      scale: 1 / Math.sqrt(width),
      into: { tensor: mixed, channel: globalQueries.shape[3] ?? 0 },
    });
    return { globalQueries, localQueries, globalKeys, globalValues, windowTokens, fused, mixed };
  }

  /** Keys and values of the coarse grid; rows and columns that do not fill a place of it are left out. */
  #coarse(x: Tensor): { readonly globalKeys: Tensor; readonly globalValues: Tensor } {
    const reduced = this.#norm.forward(this.#reduce.forward(x));
    const [batch = 0, rows = 0, cols = 0, global = 0] = reduced.shape;
    const [globalKeys, plain] = splitParts(
      applied(this.#globalKeyValue, reshape(reduced, [batch, rows * cols, global]), {
        parts: 2,
        heads: 1,
      }),
    );
    if (!globalKeys || !plain) throw new TypeError("Cannot attend: there are no keys or values.");
    const map = reshape(plain, [batch, rows, cols, plain.shape[3] ?? 0]);
    const globalValues = reshape(this.#globalConv.forward(map, { residual: map }), plain.shape);
    return { globalKeys, globalValues };
  }
}

function applied(
  { weight, bias }: PickedLinear,
  x: Tensor,
  heads?: { readonly parts: number; readonly heads: number },
): Tensor {
  return linear(x, weight.value, { bias: bias.value, ...(heads ? { heads } : {}) });
}

function firstPart(x: Tensor): Tensor {
  return reshape(x, x.shape.slice(1));
}

/** A layer of the checkpoint, to be used with its rows or columns in another order. */
class DeclaredLinear {
  readonly #parameters: Parameters;
  readonly #weight: Weight;
  readonly #bias: Weight;
  readonly #output: number;
  readonly #input: number;

  constructor(parameters: Parameters, store: WeightStore, shape: readonly number[]) {
    const [output = 0, input = 0] = shape;
    this.#parameters = parameters;
    this.#weight = store.get("weight", shape);
    this.#bias = store.get("bias", [output]);
    this.#output = output;
    this.#input = input;
  }

  /** The layer with its results in another order. */
  rows(picks: readonly number[]): PickedLinear {
    const weight = this.#parameters.packedFrom(this.#weight.key, async () => ({
      values: pickRows(await this.#weight.float32(), this.#input, picks),
      shape: [picks.length, this.#input],
    }));
    return { weight, bias: this.bias((values) => pickRows(values, 1, picks)) };
  }

  /** The weight with its inputs in another order. */
  columns(picks: readonly number[]): Parameter<PackedWeight> {
    return this.#parameters.packedFrom(this.#weight.key, async () => ({
      values: pickColumns(await this.#weight.float32(), this.#input, picks),
      shape: [this.#output, picks.length],
    }));
  }

  /** The bias. */
  bias(order: (values: Float32Array) => Float32Array = (values) => values): Parameter<Tensor> {
    return this.#parameters.derived(this.#bias.key, async () => {
      const values = order(await this.#bias.float32());
      return this.#parameters.gpu.tensor([values.length], values);
    });
  }
}
