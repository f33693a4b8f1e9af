/** `DSVT`: blocks of set attention among voxels, stage by stage. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import type { TransformerConfig } from "./config.ts";
import { DsvtBlock, type PartitionTensors } from "./dsvt_block.ts";
import { type PoolingTensors, type VoxelPooling, voxelPooling } from "./voxel_pooling.ts";

/** What a stage sees of a scan, on the GPU; see `StageInput`. */
export interface StageTensors {
  /** Sets of both shifts. */
  readonly shifts: readonly [PartitionTensors, PartitionTensors];
  /** The way to the next stage; absent in the last one. */
  readonly pooling?: PoolingTensors;
}

/** What a stage gives. */
export interface StageFeatures {
  /** Voxels behind each block, `[rows, channels]`. */
  readonly blocks: readonly Tensor[];
  /** Voxels of the next stage. */
  readonly pooled?: Tensor;
}

interface Stage {
  readonly blocks: readonly DsvtBlock[];
  readonly reduction?: VoxelPooling;
}

/** The sparse transformer. */
export class VoxelTransformer {
  readonly #stages: readonly Stage[];

  /**
   * Declares the weights.
   *
   * @param parameters Collects them.
   * @param store Module `backbone_3d`.
   * @param config The stages.
   */
  constructor(parameters: Parameters, store: WeightStore, config: TransformerConfig) {
    const posembed = store.at("input_layer").at("posembed_layers");
    let id = 0;
    this.#stages = config.stages.map((stage, index) => {
      const blocks = Array.from({ length: stage.blocks }, (_, block) => {
        const stores = {
          block: store.at(`stage_${index}`).at(block),
          norm: store.at(`residual_norm_stage_${index}`).at(block),
          posembed: posembed.at(index).at(block),
        };
        return new DsvtBlock(parameters, stores, { id: id++, stage, transformer: config });
      });
      const next = config.stages[index + 1];
      if (!stage.stride || !next) return { blocks };
      const module = store.at(`stage_${index}_reduction`);
      const reduction = voxelPooling(config.reduction, parameters, module, {
        channels: stage.channels,
        next: next.channels,
        slots: stage.stride.reduce((product, step) => product * step, 1),
      });
      return { blocks, reduction };
    });
  }

  /** Blocks of each stage. */
  get blocks(): readonly (readonly DsvtBlock[])[] {
    return this.#stages.map(({ blocks }) => blocks);
  }

  /**
   * Transforms the voxels of a scan.
   *
   * @param x `[rows, channels]` of the first stage.
   * @param stages What each stage sees of the scan.
   * @returns What each stage gives.
   */
  forward(x: Tensor, stages: readonly StageTensors[]): StageFeatures[] {
    let voxels = x;
    return this.#stages.map(({ blocks, reduction }, index) => {
      const stage = stages[index];
      if (!stage) throw new TypeError(`Cannot transform voxels: stage ${index} has no sets.`);
      const features = blocks.map((block) => voxels = block.forward(voxels, stage.shifts));
      if (!reduction || !stage.pooling) return { blocks: features };
      const pooled = voxels = reduction.forward(voxels, stage.pooling);
      return { blocks: features, pooled };
    });
  }
}
