/** Published segmenters on ADE20K as data. Sources: the official configuration files for mmsegmentation. */
import type { SegmenterRecipe } from "@vicinity/vision";
import { BACKBONES } from "./config.ts";
import type { SemanticFpnFavitConfig } from "./dense.ts";

/** A published segmenter; the authors publish its configuration, but no weights. */
export interface SegmenterVariant {
  /** The network; the number of classes is read from `decode_head.conv_seg.weight`. */
  readonly network: SemanticFpnFavitConfig;
  /** Size of the network's input. */
  readonly input: SegmenterRecipe;
}

/** Published segmenters by name. */
export const SEGMENTERS: Readonly<Record<string, SegmenterVariant>> = Object.fromEntries(
  Object.entries(BACKBONES).map(([name, backbone]) => [`semantic_fpn-${name}`, {
    network: { backbone, pyramid: 256, channels: 128, classes: 150 },
    input: { longest: 2048, shortest: 512, divisor: 32 },
  }]),
);
