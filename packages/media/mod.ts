/**
 * Picture files, video files and drawing for Deno programs: pictures through sharp, video through
 * ffmpeg with exact frame counts, time stamps and sound.
 *
 * @module
 */
export * from "./src/errors.ts";
export { type FfmpegPrograms, findFfmpeg } from "./src/ffmpeg_find.ts";
export {
  type DecodedImage,
  decodeImage,
  type DecodeImageOptions,
  type ImageMetadata,
  type ImagePixels,
  imageSize,
} from "./src/image_decode.ts";
export {
  encodeImage,
  type EncodeImageOptions,
  type ImageFormat,
  keptDepth,
  requireEncodable,
} from "./src/image_encode.ts";
export { type MediaKind, sniff } from "./src/sniff.ts";
export {
  containerEnding,
  type Kind,
  kindOf,
  PICTURE_ENDINGS,
  pictureFormat,
  VIDEO_ENDINGS,
} from "./src/kinds.ts";
export {
  decodeFrames,
  type DecodeOptions,
  type FrameDepth,
  type FrameStream,
  missingFrames,
  type SamplesOf,
  type VideoFrame,
} from "./src/video_decode.ts";
export type { EncoderOptions } from "./src/video_encoder.ts";
export {
  type EncoderFormats,
  encoderFormats,
  type EncoderTarget,
  nearestPixelFormat,
} from "./src/encoder_formats.ts";
export { sampleDepth } from "./src/pixel_format.ts";
export type { Chromaticity, HdrMetadata, MasteringScreen } from "./src/hdr_metadata.ts";
export { lowestTerms } from "./src/rational.ts";
export type { Chapter, Rational, SideStream, VideoColor, VideoInfo } from "./src/video_info.ts";
export {
  type FinishedPart,
  type JoinOptions,
  joinParts,
  requireJoinable,
} from "./src/video_join.ts";
export {
  partContainer,
  partOfVideo,
  type PartOptions,
  partOptions,
  type PartRequest,
} from "./src/video_parts.ts";
export { unfinishedName } from "./src/unfinished_name.ts";
export { type ProbeOptions, type ProbeProgress, probeVideo } from "./src/video_probe.ts";
export {
  containerDefaults,
  containerOf,
  type KeptStream,
  type KeptStreams,
  keptStreams,
  type SideStreamOptions,
  type VideoContainer,
} from "./src/video_streams.ts";
export type { TimingSource } from "./src/video_timing.ts";
export { VideoWriter, type VideoWriterOptions } from "./src/video_writer.ts";
export { type RgbFrame, type Samples, sideBySide } from "./src/compare.ts";
export {
  demoClip,
  type DemoClipOptions,
  writeDemoClip,
  writeDemoPicture,
} from "./src/demo_clip.ts";
export {
  type Color,
  drawText,
  fillRectangle,
  type Rectangle,
  strokeRectangle,
  textExtent,
  type TextStyle,
} from "./src/draw.ts";
export { INFERNO, VIRIDIS } from "./src/color_map.ts";
export { PointLayer } from "./src/point_layer.ts";
export {
  fillConvex,
  type FillStyle,
  type Point,
  strokeCircle,
  strokePath,
  type StrokeStyle,
} from "./src/strokes.ts";
export { strokeText, type StrokeTextStyle, strokeTextWidth } from "./src/stroke_text.ts";
export { encodeLabelPng, type LabelMap, VOID_LABEL } from "./src/label_png.ts";
export { encodeNpy } from "./src/npy.ts";
export {
  addLegend,
  overlayClasses,
  type OverlayOptions,
  type PaintedClass,
} from "./src/overlay.ts";
export { toRgb } from "./src/rgb.ts";
export type { PointBounds, PointCloud, PointReport } from "./src/points/point_cloud.ts";
export { POINT_ENDINGS, pointFormat } from "./src/points/detect_format.ts";
export { parsePointLayout, type PointLayout } from "./src/points/point_layout.ts";
export type { PointRole } from "./src/points/point_roles.ts";
export {
  columnValues,
  type PointColumn,
  type PointFormat,
  type PointTable,
} from "./src/points/point_table.ts";
export type { ScalarType } from "./src/points/scalar_types.ts";
export { readPoints, type ReadPointsOptions, readPointTable } from "./src/points/read_points.ts";
