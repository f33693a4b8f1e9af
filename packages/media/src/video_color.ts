import { VideoHdrError } from "./errors.ts";
import { isYuv, layoutOf, sampleDepth } from "./pixel_format.ts";
import type { VideoColor, VideoInfo } from "./video_info.ts";

/** Height from which untagged video is taken to be BT.709, as players do. */
const HD_HEIGHT = 720;

/** Exact chroma filtering: the quick converters of swscale ignore siting. */
const SCALE_FLAGS = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp";

/** Matrix names of ffprobe in the words of the scale filter. */
const MATRICES: Readonly<Record<string, string>> = {
  bt709: "bt709",
  bt470bg: "bt470bg",
  smpte170m: "smpte170m",
  smpte240m: "smpte240m",
  fcc: "fcc",
  bt2020nc: "bt2020",
  bt2020c: "bt2020",
};

/** Primaries that are called by ffprobe as by the options of encoders. */
const PRIMARIES: readonly string[] = [
  "bt709",
  "bt470m",
  "bt470bg",
  "smpte170m",
  "smpte240m",
  "film",
  "bt2020",
  "smpte428",
  "smpte431",
  "smpte432",
  "ebu3213",
];

/** Transfer curves of ffprobe in the words of the options of encoders, which call two otherwise. */
const TRANSFERS: Readonly<Record<string, string>> = {
  bt709: "bt709",
  bt470m: "gamma22",
  bt470bg: "gamma28",
  smpte170m: "smpte170m",
  smpte240m: "smpte240m",
  linear: "linear",
  log100: "log100",
  log316: "log316",
  "iec61966-2-4": "iec61966-2-4",
  bt1361e: "bt1361e",
  "iec61966-2-1": "iec61966-2-1",
  "bt2020-10": "bt2020-10",
  "bt2020-12": "bt2020-12",
  smpte2084: "smpte2084",
  smpte428: "smpte428",
  "arib-std-b67": "arib-std-b67",
};

/** Horizontal and vertical chroma positions in 1/256 of a luma pixel. */
const CHROMA_POSITIONS: Readonly<Record<string, readonly [number, number]>> = {
  left: [0, 128],
  center: [128, 128],
  topleft: [0, 0],
  top: [128, 0],
  bottomleft: [0, 256],
  bottom: [128, 256],
};

/** The colour handling that one video gets on its way in and out. */
export interface ColorPlan {
  /** Name of the matrix for the scale filter. */
  matrix: string;
  /** `tv` or `pc`. */
  range: "tv" | "pc";
  /** Chroma siting. */
  chroma: string;
  /** Tags to write into the output; only what the input was tagged with, plus the matrix. */
  tags: VideoColor;
}

/**
 * Decides matrix, range and siting of a video.
 *
 * @param height Height of the coded picture, which decides the matrix of untagged video.
 * @param color Tags of the source, all empty for frames that come from nowhere.
 * @param pixelFormat Pixel format of the source, where `yuvj` means full range.
 * @returns What to convert with and what to tag.
 */
export function colorPlan(height: number, color: VideoColor, pixelFormat: string): ColorPlan {
  const guess = isHdr(color) ? "bt2020nc" : height >= HD_HEIGHT ? "bt709" : "smpte170m";
  const space = MATRICES[color.space] === undefined ? guess : color.space;
  const range = color.range === "pc" || pixelFormat.startsWith("yuvj") ? "pc" : "tv";
  const known = CHROMA_POSITIONS[color.chromaLocation] !== undefined;
  const chroma = known ? color.chromaLocation : "left";
  return {
    matrix: MATRICES[space] ?? guess,
    range,
    chroma,
    tags: { ...color, space, range, chromaLocation: chroma },
  };
}

/**
 * Refuses video whose curve is PQ or HLG.
 *
 * @param info The video.
 * @throws {VideoHdrError} When it is high dynamic range.
 */
export function refuseHdr(info: Pick<VideoInfo, "path" | "color">): void {
  if (!isHdr(info.color)) return;
  const curve = info.color.transfer === "smpte2084" ? "PQ" : "HLG";
  throw new VideoHdrError(
    `Cannot decode ${info.path}: it is high dynamic range (${curve}).`,
    'Probe it with hdr: "tonemap" to bring it to standard dynamic range, or decode it with "keep".',
  );
}

/**
 * Refuses video whose samples cannot be brought to red, green and blue and back.
 *
 * @param info The video.
 * @throws {VideoHdrError} When its matrix is not linear.
 */
export function requireMatrix({ path, color }: Pick<VideoInfo, "path" | "color">): void {
  if (color.space !== "ictcp") return;
  throw new VideoHdrError(
    `Cannot keep the high dynamic range of ${path}: its colours are ICtCp, which is not converted.`,
    "Convert it to BT.2020 with non-constant luminance first.",
  );
}

/**
 * Tells whether the curve of a video is PQ or HLG.
 *
 * @param color Its tags.
 * @returns True for high dynamic range.
 */
export function isHdr({ transfer }: VideoColor): boolean {
  return transfer === "smpte2084" || transfer === "arib-std-b67";
}

/** Tags of frames that {@link toneMapFilters} made. */
export const STANDARD_RANGE: VideoColor = {
  space: "bt709",
  range: "tv",
  primaries: "bt709",
  transfer: "bt709",
  chromaLocation: "",
};

/** Luminance in cd/m² that the filter `tonemap` takes 1 to be. */
const REFERENCE_WHITE = 100;

/**
 * The filters that bring high dynamic range to RGB of BT.709: linear light, its primaries, and Hable's curve,
 * which bends highlights up to 1000 cd/m² (or what the file says of its screen) instead of clipping them.
 *
 * @param color Tags of the file; what is missing is taken to be BT.2020's.
 * @param pixelFormat Pixel format of the file.
 * @param result Pixel format of the RGB.
 * @returns Filters for ffmpeg's `-vf`; they need an ffmpeg with `zscale`.
 */
export function toneMapFilters(
  { transfer, primaries, space, range }: VideoColor,
  pixelFormat: string,
  result: string,
): string[] {
  // The filters that follow read tags of frames. Constant luminance is beyond them.
  const matrix = space === "" || space === "bt2020c" ? "bt2020nc" : space;
  const tags = [
    `color_primaries=${primaries || "bt2020"}`,
    `color_trc=${transfer}`,
    ...(isYuv(pixelFormat) && !pixelFormat.startsWith("gray") ? [`colorspace=${matrix}`] : []),
    `range=${range || (isYuv(pixelFormat) ? "tv" : "pc")}`,
  ];
  return [
    `setparams=${tags.join(":")}`,
    `zscale=t=linear:npl=${REFERENCE_WHITE}`,
    "format=gbrpf32le",
    "zscale=p=bt709",
    "tonemap=hable:desat=0",
    "zscale=t=bt709:m=gbr:r=pc",
    `format=${result}`,
  ];
}

/** The pixel format in which frames travel, by the bits of their samples. */
export const FRAME_FORMATS = { 8: "rgb24", 16: "rgb48le" } as const;

/** Where the scale filter has white in RGB of 16 bits: it shifts samples instead of stretching them. */
function shiftedWhite({ range }: ColorPlan, pixelFormat: string): number {
  const depth = range === "tv" ? 8 : sampleDepth(pixelFormat);
  return (2 ** depth - 1) * 2 ** (16 - depth);
}

/** A filter that gives each colour of RGB of 16 bits another value, by an expression of the old one. */
function mapColors(value: string): string {
  return `lutrgb=r='${value}':g='${value}':b='${value}'`;
}

/**
 * The filters that turn decoded pictures into RGB.
 *
 * @param plan Colour handling of the source.
 * @param source Pixel format of the source, and its size, to which pictures of another one are brought.
 * @param depth Bits of a sample of the RGB; of 16 bits 65535 is white.
 * @returns Filters for ffmpeg's `-vf`.
 */
export function toRgbFilter(
  plan: ColorPlan,
  { pixelFormat, width, height }: Pick<VideoInfo, "pixelFormat" | "width" | "height">,
  depth: 8 | 16,
): string {
  const size = `w=${width}:h=${height}`;
  const format = `format=${FRAME_FORMATS[depth]}`;
  if (!isYuv(pixelFormat)) return `scale=${size},${format}`;
  const position = siting("in", plan, pixelFormat);
  const filters =
    `scale=${size}:in_color_matrix=${plan.matrix}:in_range=${plan.range}:out_range=pc${position}` +
    `:flags=${SCALE_FLAGS},${format}`;
  if (depth === 8) return filters;
  const white = shiftedWhite(plan, pixelFormat);
  return `${filters},${mapColors(`min(65535,round(val*65535/${white}))`)}`;
}

/**
 * The filters that turn RGB frames into what the encoder takes.
 *
 * @param plan Colour handling of the output.
 * @param pixelFormat Pixel format of the output.
 * @param depth Bits of a sample of the frames.
 * @returns Filters for ffmpeg's `-vf`.
 */
export function fromRgbFilter(plan: ColorPlan, pixelFormat: string, depth: 8 | 16): string {
  if (!isYuv(pixelFormat)) return [...rounding(pixelFormat, depth), `format=${pixelFormat}`].join();
  const position = siting("out", plan, pixelFormat);
  const filters =
    `scale=in_range=pc:out_color_matrix=${plan.matrix}:out_range=${plan.range}${position}` +
    `:flags=${SCALE_FLAGS},format=${pixelFormat}`;
  if (depth === 8) return filters;
  return `${mapColors(`round(val*${shiftedWhite(plan, pixelFormat)}/65535)`)},${filters}`;
}

/** Brings samples of 16 bits to those whose upper bits are all that RGB of fewer bits takes. */
function rounding(pixelFormat: string, depth: 8 | 16): string[] {
  const own = sampleDepth(pixelFormat);
  if (depth === 8 || own === 16) return [];
  return [mapColors(`round(val*${2 ** own - 1}/65535)*${2 ** (16 - own)}`)];
}

/**
 * The arguments that tag an output stream with its colours; a tag that encoders do not know, such as
 * `reserved`, is left out, since it would stop them.
 *
 * @param plan Colour handling of the output.
 * @param pixelFormat Pixel format of the output.
 * @returns Arguments for ffmpeg.
 */
export function tagArguments(plan: ColorPlan, pixelFormat: string): string[] {
  const { primaries, space } = plan.tags;
  const transfer = TRANSFERS[plan.tags.transfer];
  const args: string[] = [];
  if (PRIMARIES.includes(primaries)) args.push("-color_primaries", primaries);
  if (transfer !== undefined) args.push("-color_trc", transfer);
  if (!isYuv(pixelFormat)) return args;
  args.push("-colorspace", space, "-color_range", plan.range);
  if (layoutOf(pixelFormat) === "yuv420p") args.push("-chroma_sample_location", plan.chroma);
  return args;
}

function siting(side: "in" | "out", plan: ColorPlan, pixelFormat: string): string {
  const [h, v] = CHROMA_POSITIONS[plan.chroma] ?? [0, 128];
  return layoutOf(pixelFormat) === "yuv420p"
    ? `:${side}_h_chr_pos=${h}:${side}_v_chr_pos=${v}`
    : "";
}
