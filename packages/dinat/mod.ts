/**
 * NAT, DiNAT, DiNAT_s and the isotropic models: vision transformers whose tokens attend to their
 * neighbours, with a distance that changes from layer to layer.
 *
 * @module
 */
export { type AttentionModuleConfig, NeighbourhoodAttention } from "./src/attention_module.ts";
export { Block, type BlockAttention, type BlockConfig } from "./src/block.ts";
export {
  type BackboneConfig,
  type IsotropicConfig,
  OFFICIAL_SITE,
  type StagedConfig,
  type Variant,
  VARIANTS,
} from "./src/config.ts";
export {
  type Backbone,
  type Classification,
  Classifier,
  type Features,
  makeBackbone,
} from "./src/model.ts";
export { fromTransformers, hasTransformersNames } from "./src/transformers_names.ts";
export { ConvDownsampler, ConvTokenizer, PatchEmbed, PatchMerging } from "./src/stem.ts";
export {
  DenseBackbone,
  TwoStageDinat,
  UperNetDinat,
  type UperNetDinatConfig,
} from "./src/dense.ts";
export {
  DETECTORS,
  type DetectorVariant,
  type DinatDetectorConfig,
} from "./src/detection_config.ts";
export { SEGMENTERS, type SegmenterVariant } from "./src/segmentation_config.ts";
export {
  type ClassifierDescription,
  describeClassifier,
  describeDetector,
  describeSegmenter,
  type DetectorDescription,
  type SegmenterDescription,
} from "./src/describe.ts";
export { Detector, ImageClassifier, Segmenter } from "./src/load.ts";
export { dinat } from "./src/package.ts";
