/** `DSVTBlock`: two layers, over sets that run along y and over sets that run along x. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import { LayerNorm } from "@vicinity/vision";
import type { StageConfig, TransformerConfig } from "./config.ts";
import { EncoderLayer } from "./encoder_layer.ts";
import { windowOf } from "./input_layer.ts";

/** Sets of the windows of one shift, on the GPU; see `SetPartition`. */
export interface PartitionTensors {
  /** u32 `[rows]` twice: voxels by y and by x. */
  readonly orders: readonly [y: Tensor, x: Tensor];
  /** u32 `[sets + 1]`. */
  readonly starts: Tensor;
  /** u32 `[rows]`. */
  readonly places: Tensor;
}

/** Modules of a block. */
export interface BlockStores {
  /** `stage_s.b`. */
  readonly block: WeightStore;
  /** `residual_norm_stage_s.b`. */
  readonly norm: WeightStore;
  /** `input_layer.posembed_layers.s.b`. */
  readonly posembed: WeightStore;
}

/** What a block is among others. */
export interface BlockConfig {
  /** Number over all stages; odd blocks have the sets of the moved windows. */
  readonly id: number;
  /** Its stage. */
  readonly stage: StageConfig;
  /** All stages. */
  readonly transformer: TransformerConfig;
}

/** A block and the norm of its residual. */
export class DsvtBlock {
  readonly #layers: readonly EncoderLayer[];
  readonly #norm: LayerNorm;
  readonly #shift: 0 | 1;

  /** Declares the weights. */
  constructor(parameters: Parameters, stores: BlockStores, config: BlockConfig) {
    const { id, stage, transformer } = config;
    this.#shift = id % 2 === 0 ? 0 : 1;
    this.#layers = [0, 1].map((layer) =>
      new EncoderLayer(
        parameters,
        stores.block.at("encoder_list").at(layer),
        stores.posembed.at(layer),
        {
          stage,
          // Of the published models layer e embeds the positions of shift e, whatever its sets are.
          window: windowOf(stage, transformer.hybridFactor, layer),
          activation: transformer.activation,
          normalizePosition: transformer.normalizePosition,
        },
      )
    );
    this.#norm = new LayerNorm(parameters, stores.norm, stage.channels);
  }

  /**
   * Transforms voxels.
   *
   * @param x `[rows, channels]`.
   * @param shifts Sets of both shifts.
   * @returns Same shape.
   */
  forward(x: Tensor, shifts: readonly [PartitionTensors, PartitionTensors]): Tensor {
    return this.#norm.forward(this.layers(x, shifts), { residual: x });
  }

  /**
   * The two layers without the residual around them.
   *
   * @param x `[rows, channels]`.
   * @param shifts Sets of both shifts.
   * @returns Same shape.
   */
  layers(x: Tensor, shifts: readonly [PartitionTensors, PartitionTensors]): Tensor {
    return this.#layers.reduce((y, _, layer) => this.layer(y, shifts, layer), x);
  }

  /**
   * One layer.
   *
   * @param x `[rows, channels]`.
   * @param shifts Sets of both shifts.
   * @param layer 0 for sets along y, 1 for sets along x.
   * @returns Same shape.
   */
  layer(
    x: Tensor,
    shifts: readonly [PartitionTensors, PartitionTensors],
    layer: number,
  ): Tensor {
    const { orders, starts } = shifts[this.#shift];
    const encoder = this.#layers[layer];
    const order = orders[layer];
    const places = shifts[layer]?.places;
    if (!encoder || !order || !places) {
      throw new TypeError(`Cannot transform voxels: a block has no layer ${layer}.`);
    }
    return encoder.forward(x, { order, starts, places });
  }
}
