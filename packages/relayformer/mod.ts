/**
 * RelayFormer: where pictures and videos were manipulated. A vision transformer looks at tiles of the
 * picture, and relay tokens carry what it sees from tile to tile and from frame to frame.
 *
 * @module
 */
export { Block, type BlockConfig, RelayAttention, RelayMlp } from "./src/block.ts";
export {
  type CanvasConfig,
  canvasFault,
  canvasOf,
  type DecoderConfig,
  OVERLAP,
  PATCH,
  PUBLISHED,
  type RelayFormerConfig,
  usualHeads,
  type VitConfig,
} from "./src/config.ts";
export { type Clip, clipsOf } from "./src/clips.ts";
export { describeRelayFormer, type RelayFormerDescription } from "./src/describe.ts";
export { pictureScore, tamperedFraction } from "./src/evidence.ts";
export {
  ForgeryLocalizer,
  type Localization,
  type LocalizeOptions,
  type LocalizeProgress,
  type LocalizerOptions,
} from "./src/forgery_localizer.ts";
export { LoraLinear, type LoraLinearConfig, mergeAdapter } from "./src/lora_linear.ts";
export { type DecoderLayerOutput, type DecoderOutput, MaskDecoder } from "./src/mask_decoder.ts";
export { RelayFormer, type RelayFormerOutput } from "./src/model.ts";
export { relayformer } from "./src/package.ts";
export { type OfficialPictures, officialPictures } from "./src/official_pictures.ts";
export { averageRows } from "./src/ops/average_rows.ts";
export {
  type Extent,
  type Partition,
  partition,
  type Tile,
  type TokenRows,
  tokenRows,
} from "./src/partition.ts";
export { resamplePositions } from "./src/position_embedding.ts";
export {
  type Alignment,
  enlargeMasks,
  OUTSIDE,
  placedProbabilities,
  type Plane,
  resizePlane,
  sigmoid,
} from "./src/post.ts";
export {
  canvasBytes,
  type LookMode,
  NORMALISATION,
  placedExtent,
  type PlacedPicture,
  placePicture,
  type Placing,
  UNIT_STATISTICS,
} from "./src/pre.ts";
export { type RelayFactors, relayFactors, relayPositions } from "./src/relay_rotary.ts";
export { type Window, windowsOf } from "./src/windows.ts";
