/** Backbones as the files of whole systems describe them. */
import type { StagedConfig } from "@vicinity/dinat";
import type { GoldenCase } from "../golden_case.ts";

interface StoredBackbone {
  readonly embed_dim: number;
  readonly mlp_ratio: number;
  readonly depths: number[];
  readonly num_heads: number[];
  readonly kernel_size: number;
  readonly dilations?: number[][];
}

/**
 * Reads the description of a backbone.
 *
 * @param golden A case whose metadata have `backbone`.
 * @returns The configuration.
 */
export function backboneOf(golden: GoldenCase): StagedConfig {
  const stored = golden.json("backbone") as StoredBackbone;
  return {
    layout: golden.names("weight.backbone.layers.").length > 0 ? "dinat_s" : "nat",
    embedDim: stored.embed_dim,
    mlpRatio: stored.mlp_ratio,
    depths: stored.depths,
    heads: stored.num_heads,
    kernel: stored.kernel_size,
    dilations: stored.dilations ?? stored.depths.map((depth) => Array<number>(depth).fill(1)),
    layerScale: golden.has("weight.backbone.levels.0.blocks.0.gamma1"),
  };
}
