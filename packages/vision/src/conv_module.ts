/** `ConvModule` of mmcv: convolution, batch norm, ReLU; the norm is folded into the weights. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import { FoldedConv } from "./folded_conv.ts";

/** Extents of a {@link ConvModule}. */
export interface ConvModuleConfig {
  /** Channels of the result. */
  readonly out: number;
  /** Channels of each map; the official module sees them joined. */
  readonly inputs: readonly number[];
  /** Taps along each axis. */
  readonly size: number;
}

/** A convolution without bias, batch norm with stored statistics, ReLU. */
export class ConvModule {
  readonly #conv: FoldedConv;
  readonly #padding: number;

  /** Declares `conv` and `bn`. */
  constructor(parameters: Parameters, store: WeightStore, config: ConvModuleConfig) {
    const { out, inputs, size } = config;
    const channels = inputs.reduce((sum, count) => sum + count, 0);
    this.#padding = (size - 1) / 2;
    this.#conv = new FoldedConv(parameters, store.at("conv"), store.at("bn"), {
      shape: [out, channels, size, size],
      inputs,
    });
  }

  /**
   * Convolves.
   *
   * @param maps `[batch, height, width, channels]` each, of one size.
   * @returns `[batch, height, width, out]`.
   */
  forward(...maps: readonly Tensor[]): Tensor {
    return this.#conv.forward(maps, { padding: this.#padding, activation: "relu" });
  }
}
