/**
 * What vision models share: resizing rules, boxes, heads for segmentation and detection.
 *
 * @module
 */
export { pillowResize, type RgbPicture } from "./src/pillow_resize.ts";
export { cvResize } from "./src/cv_resize.ts";
export { decodeBoxes, type DecodeOptions } from "./src/boxes.ts";
export { nms } from "./src/nms.ts";
export { Conv2d, LayerNorm, Linear } from "./src/layers.ts";
export { ConvModule, type ConvModuleConfig } from "./src/conv_module.ts";
export { type Pyramid, type UperNetConfig, UperNetHead } from "./src/upernet.ts";
export type {
  AnchorConfig,
  BoxHeadConfig,
  DetectionConfig,
  MaskHeadConfig,
  NeckConfig,
  ProposalConfig,
  RoiConfig,
  RpnConfig,
  TwoStageConfig,
} from "./src/detection/config.ts";
