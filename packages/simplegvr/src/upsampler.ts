/** From the low-resolution latent to the condition at the target's latent size. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Resizer, Tensor } from "@vicinity/tensor";
import type { UpsamplerConfig } from "./config.ts";
import { CausalConv3d, type Memory, ResidualBlock, TimeExpand, TimeReduce } from "./vae_blocks.ts";

/** A layer around the enlargement. */
interface Layer {
  forward(x: Tensor, memory?: Memory): Tensor;
}

/** Channels in and out of the upsampler. */
export interface UpsamplerChannels {
  /** Channels of the latent. */
  readonly zDim: number;
  /** Channels of the condition. */
  readonly condDim: number;
}

/** Layers before and after a bilinear enlargement: two convolutions, or four residual blocks. */
export class LatentUpsampler {
  readonly #before: readonly Layer[];
  readonly #after: readonly Layer[];

  /** Declares the weights of the variant that the configuration names. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    config: UpsamplerConfig,
    { zDim, condDim }: UpsamplerChannels,
  ) {
    const { hidden, tLevels } = config;
    if (config.variant === "conv") {
      const conv = (name: string, input: number, output: number) =>
        new CausalConv3d(parameters, store.at(name), [input, output], [3, 3, 3]);
      this.#before = [conv("conv1", zDim, hidden)];
      this.#after = [conv("conv2", hidden, condDim)];
      return;
    }
    const block = (name: string, index: number, input: number) =>
      new ResidualBlock(parameters, store.at(name).at(index), input, hidden);
    const expand = (index: number) =>
      index < tLevels ? [new TimeExpand(parameters, store.at("in_time").at(index), hidden)] : [];
    const reduce = (index: number) =>
      index < tLevels ? [new TimeReduce(parameters, store.at("out_time").at(index), hidden)] : [];
    this.#before = [
      block("in_blocks", 0, zDim),
      ...expand(0),
      block("in_blocks", 1, hidden),
      ...expand(1),
    ];
    this.#after = [
      block("out_blocks", 0, hidden),
      ...reduce(0),
      block("out_blocks", 1, hidden),
      ...reduce(1),
      new CausalConv3d(parameters, store.at("conv_out"), [hidden, condDim], [1, 1, 1]),
    ];
  }

  /**
   * Makes the condition of a latent.
   *
   * @param latent `[frames, h, w, z]`.
   * @param enlarge Bilinear resize of every frame to the target's latent size.
   * @param memory The stream that the latent belongs to; a whole clip when absent.
   * @returns `[frames, h', w', cond]`.
   */
  forward(latent: Tensor, enlarge: Resizer, memory?: Memory): Tensor {
    let x = latent;
    for (const layer of this.#before) x = layer.forward(x, memory);
    x = enlarge.apply(x);
    for (const layer of this.#after) x = layer.forward(x, memory);
    return x;
  }
}
