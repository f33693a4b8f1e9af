import type { MediaWarning } from "./errors.ts";
import { encoderParameters, type HdrMetadata } from "./hdr_metadata.ts";
import { frameTimingArguments } from "./ffmpeg_version.ts";
import { type ColorPlan, colorPlan, fromRgbFilter, tagArguments } from "./video_color.ts";
import { greatestDivisor } from "./rational.ts";
import type { Rational, VideoInfo } from "./video_info.ts";
import {
  sideStreamArguments,
  type SideStreamOptions,
  type VideoContainer,
} from "./video_streams.ts";
import { clockShift, type VideoTiming } from "./video_timing.ts";

/** Settings of the encoder. */
export interface EncoderOptions extends SideStreamOptions {
  /** ffmpeg's name of the encoder; by default the container's usual one. */
  codec: string;
  /** Constant quality, smaller is better; 16 by default. */
  crf: number;
  /** Speed preset of the encoder; `slow` for x264 and x265, 6 for SVT-AV1. */
  preset: string;
  /** Pixel format, `yuv420p` by default. */
  pixelFormat: string;
  /** Shape of one pixel; the source's by default, which fits frames of the source's shape only. */
  sampleAspectRatio: Rational;
  /** More output arguments for ffmpeg. */
  encoderArgs: string[];
}

/** Everything that decides the command line of an encoder. */
export interface EncoderPlan {
  /** Settings; only the codec must be there. */
  options: Partial<EncoderOptions> & { codec: string };
  /** Size of the frames before any padding. */
  size: { width: number; height: number };
  /** Bits of a sample of the frames. */
  depth: 8 | 16;
  /** The source, where there is one. */
  source: VideoInfo | undefined;
  /** Whether only the pictures of the source are meant, not what is beside them. */
  picturesOnly: boolean;
  /** The container. */
  container: VideoContainer;
  /** Times of the frames. */
  timing: VideoTiming;
  /** Version of ffmpeg. */
  version: string;
  /** Receives what could not be kept as it was. */
  notes: MediaWarning[];
}

const NO_COLOR = { space: "", range: "", primaries: "", transfer: "", chromaLocation: "" };

/** A multiple of all usual sound rates, so that edit lists of MP4 files hold start times exactly. */
const SOUND_TICKS = 7_056_000;
/** Streams of H.264 have 16 bits for each number of the shape of a pixel. */
const MAX_ASPECT = 2 ** 16 - 1;
const MAX_TICKS = 2 ** 31 - 1;

/**
 * Makes the arguments of an encoder that reads Matroska with raw frames from stdin.
 *
 * @param plan What is to be encoded.
 * @returns Arguments without the output's format and name.
 */
export function encoderArguments(plan: EncoderPlan): string[] {
  const { options, source, container, timing, notes } = plan;
  const { pixelFormat = "yuv420p" } = options;
  const colors = outputColors(source, plan.size.height);
  const { num, den } = timing.timeBase;
  const aspect = options.sampleAspectRatio ?? source?.sampleAspectRatio ?? { num: 1, den: 1 };
  const filters = [
    `settb=${num}/${den}`,
    `setpts=PTS+(${timing.first})`,
    fromRgbFilter(colors, pixelFormat, plan.depth),
    // Without a maximum the filter rounds to numbers of at most 100.
    `setsar=sar=${aspect.num}/${aspect.den}:max=${MAX_ASPECT}`,
  ];
  // deno-fmt-ignore
  const args = [
    "-nostdin", "-v", "error", "-copyts", "-thread_queue_size", "8", "-probesize", "32",
    "-analyzeduration", "0", "-f", "matroska", "-i", "pipe:0",
  ];
  const carried = plan.picturesOnly ? undefined : source;
  if (carried !== undefined) args.push(...sourceInput(carried));
  args.push("-map", "0:v:0", "-vf", filters.join(","), ...frameTimingArguments(plan.version));
  args.push(
    "-enc_time_base:v",
    `${num}:${den}`,
    ...codecArguments(options, timing, source?.hdrMetadata ?? null),
  );
  args.push(...tagArguments(colors, pixelFormat));
  if (timing.lastDuration !== null) args.push("-bsf:v", lastFrameFilter(timing));
  args.push(...muxingArguments({ source: carried, container, timing, options, notes }));
  return [...args, ...(options.encoderArgs ?? [])];
}

/**
 * Decides the colours of an output.
 *
 * @param source The source, where there is one.
 * @param height Rows of the frames, which count where there is none.
 * @returns Matrix, range, siting and tags.
 */
export function outputColors(source: VideoInfo | undefined, height: number): ColorPlan {
  return source === undefined
    ? colorPlan(height, NO_COLOR, "")
    : colorPlan(source.height, source.color, source.pixelFormat);
}

/**
 * Makes the arguments that open a source a second time, for what is beside its pictures.
 *
 * @param source The video.
 * @returns Arguments of input 1.
 */
export function sourceInput(source: VideoInfo): string[] {
  return ["-itsoffset", `${-clockShift(source)}`, "-i", source.path];
}

/** Everything that decides what stands beside the pictures, and how the container counts time. */
export interface MuxingPlan extends Pick<EncoderPlan, "source" | "container" | "timing" | "notes"> {
  /** Which sound and subtitles are wanted. */
  options: Partial<SideStreamOptions>;
}

/**
 * Makes the arguments for sound, subtitles, chapters and metadata of input 1, and for the container.
 *
 * @param plan What is to be written beside the pictures.
 * @returns Output arguments.
 */
export function muxingArguments(plan: MuxingPlan): string[] {
  const { source, container, timing, options, notes } = plan;
  const { audio = "copy", subtitles = "copy" } = options;
  const args: string[] = [];
  if (source !== undefined) {
    args.push(...sideStreamArguments(source, container, { audio, subtitles }, notes));
    args.push("-map_metadata", "1", "-map_chapters", "1");
  }
  if (container === "mp4" || container === "mov") args.push(...movArguments(timing));
  // Sound codecs with a delay start below zero here; shifting everything would move the pictures.
  else args.push("-avoid_negative_ts", "disabled");
  return args;
}

function codecArguments(
  options: EncoderPlan["options"],
  timing: VideoTiming,
  metadata: HdrMetadata | null,
): string[] {
  const { codec, crf = 16, pixelFormat = "yuv420p", preset } = options;
  const args = ["-c:v", codec, "-pix_fmt", pixelFormat];
  switch (codec) {
    case "libx264":
    case "libx265":
      args.push("-crf", `${crf}`, "-preset", preset ?? "slow");
      // Without reordering the last packet is the last frame, so its length can be stored.
      if (!timing.constant) args.push("-bf", "0");
      if (codec === "libx265") args.push("-tag:v", "hvc1");
      break;
    case "libvpx-vp9":
      args.push("-crf", `${crf}`, "-b:v", "0", "-row-mt", "1", "-cpu-used", preset ?? "2");
      break;
    case "libsvtav1":
      args.push("-crf", `${crf}`, "-preset", preset ?? "6");
      break;
    default:
      if (options.crf !== undefined) args.push("-crf", `${crf}`);
      if (preset !== undefined) args.push("-preset", preset);
  }
  const own = codec === "libx265" ? ["log-level=error"] : [];
  return [...args, ...encoderParameters(codec, metadata, own)];
}

/** Encoders of older ffmpeg lose how long a frame stays; it matters for the last one only. */
function lastFrameFilter(timing: VideoTiming): string {
  const last = timing.first + timing.offset(timing.frames - 1);
  return `setts=pts=PTS:dts=DTS:duration='if(eq(PTS,${last}),${timing.lastDuration},DURATION)'`;
}

/** The movie's own clock counts whole milliseconds by default, which would stretch lengths. */
function movArguments(timing: VideoTiming): string[] {
  const scale = timing.trackScale ?? timing.timeBase.den;
  const common = (scale / greatestDivisor(scale, SOUND_TICKS)) * SOUND_TICKS;
  const movie = common <= MAX_TICKS ? common : SOUND_TICKS;
  const args = ["-movflags", "+faststart", "-movie_timescale", `${movie}`];
  if (timing.trackScale !== null) args.push("-video_track_timescale", `${timing.trackScale}`);
  return args;
}
