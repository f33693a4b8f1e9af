/** DSVT from the features of points to what its head says, under the official names. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import { BaseBevResBackbone, type BevFeatures } from "./bev_backbone.ts";
import type { DsvtConfig } from "./config.ts";
import { type DetectionHead, detectionHead } from "./head.ts";
import { DynamicVfe } from "./vfe.ts";
import { VoxelTransformer } from "./voxel_transformer.ts";

/**
 * The network. Its first two parts see as many points and voxels as a scan has, the others a map of one
 * size; `DsvtPlans` runs them.
 */
export class Dsvt {
  /** From points to voxels. */
  readonly vfe: DynamicVfe;
  /** Among voxels. */
  readonly backbone3d: VoxelTransformer;
  /** Seen from above. */
  readonly backbone2d: BaseBevResBackbone;
  /** From the map to boxes. */
  readonly denseHead: DetectionHead;

  /**
   * Declares the weights.
   *
   * @param parameters Collects them.
   * @param store Root of the checkpoint.
   * @param config The detector.
   */
  constructor(parameters: Parameters, store: WeightStore, config: DsvtConfig) {
    const { vfe, features, transformer, bev } = config;
    const channels = transformer.stages.at(-1)?.channels ?? 0;
    this.vfe = new DynamicVfe(parameters, store.at("vfe"), vfe, features.length);
    this.backbone3d = new VoxelTransformer(parameters, store.at("backbone_3d"), transformer);
    this.backbone2d = new BaseBevResBackbone(parameters, store.at("backbone_2d"), channels, bev);
    const head = store.at("dense_head");
    this.denseHead = detectionHead(parameters, head, bev.upsampleFilters, config);
    store.skip("global_step");
  }

  /**
   * Looks at voxels from above.
   *
   * @param voxels `[rows, channels]`, of the last stage.
   * @param pixels u32 `[1, y, x]`: the row of each place, `NO_ROW` where there is none.
   * @returns Maps, and what the head says of them.
   */
  look(
    voxels: Tensor,
    pixels: Tensor,
  ): { readonly maps: BevFeatures; readonly outputs: Record<string, Tensor> } {
    const maps = this.backbone2d.forward(voxels, pixels);
    return { maps, outputs: this.denseHead.forward(maps.slices) };
  }
}
