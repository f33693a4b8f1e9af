/** What detection heads have in common. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import type { ScoredBox3d } from "@vicinity/vision";
import { CenterHead } from "./center_head.ts";
import type { DsvtConfig } from "./config.ts";
import { TransFusionHead } from "./transfusion_head.ts";

/** Tensors of a head on the host, by name. */
export type HeadOutputs = Readonly<Record<string, ArrayLike<number>>>;

/** How boxes are made from the outputs of a head. */
export interface DecodeOptions {
  /** Places of the map along x. */
  readonly columns: number;
  /**
   * How overlaps are found that lead to suppression: `official` as the published detectors do it,
   * `correct` exactly. `official` when absent.
   */
  readonly nms?: "official" | "correct" | undefined;
}

/** A network from the map seen from above to boxes. */
export interface DetectionHead {
  /**
   * Looks at a map; nothing comes back to the host on the way, so it may be used inside plans.
   *
   * @param maps `[1, y, x, channels]` each; several where the map is kept in slices of channels.
   * @returns What {@link DetectionHead.decode} needs, to be read together.
   */
  forward(maps: readonly Tensor[]): Record<string, Tensor>;

  /**
   * Makes boxes.
   *
   * @param outputs The values of what {@link DetectionHead.forward} gave.
   * @param options Width of the map, suppression.
   * @returns Boxes in the frame of the detector; perhaps none.
   */
  decode(outputs: HeadOutputs, options: DecodeOptions): ScoredBox3d[];
}

/**
 * Declares the head of a detector.
 *
 * @param parameters Collects the weights.
 * @param store Module `dense_head`.
 * @param inputs Channels of each slice of the map.
 * @param config The detector.
 * @returns The head.
 */
export function detectionHead(
  parameters: Parameters,
  store: WeightStore,
  inputs: readonly number[],
  { head, ...frame }: DsvtConfig,
): DetectionHead {
  return head.kind === "center"
    ? new CenterHead(parameters, store, inputs, { ...frame, head })
    : new TransFusionHead(parameters, store, inputs, { ...frame, head });
}
