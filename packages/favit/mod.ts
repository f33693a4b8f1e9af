/**
 * FaViT: vision transformers whose tokens see the whole picture through keys that are fused from all
 * of its windows.
 *
 * @module
 */
export { FactorizedAttention, type FactorizedParts } from "./src/attention_module.ts";
export { Block, type BlockConfig, type BlockSteps } from "./src/block.ts";
export {
  type ChannelGroups,
  channelGroups,
  type FactorizedAttentionConfig,
} from "./src/channel_groups.ts";
export {
  BACKBONES,
  type FavitConfig,
  LEAST_SIDE,
  type Size,
  type Variant,
  VARIANTS,
} from "./src/config.ts";
export {
  FavitMaskRcnn,
  FavitRetinaNet,
  type MaskRcnnFavitConfig,
  type RetinaNetFavitConfig,
  SemanticFpnFavit,
  type SemanticFpnFavitConfig,
  type SemanticFpnOutput,
} from "./src/dense.ts";
export {
  type ClassifierDescription,
  describeClassifier,
  describeDetector,
  describeSegmenter,
  type DetectorDescription,
  type SegmenterDescription,
} from "./src/describe.ts";
export { Detector, ImageClassifier, Segmenter } from "./src/load.ts";
export { DETECTORS, type DetectorVariant } from "./src/detection_config.ts";
export { Mlp } from "./src/mlp.ts";
export { type Classification, Favit, FavitClassifier, type StageOutput } from "./src/model.ts";
export { favit } from "./src/package.ts";
export { SEGMENTERS, type SegmenterVariant } from "./src/segmentation_config.ts";
