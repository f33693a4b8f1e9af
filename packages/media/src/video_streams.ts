import type { MediaWarning } from "./errors.ts";
import { VideoOptionsError } from "./errors.ts";
import type { SideStream, VideoInfo } from "./video_info.ts";

/** The containers that videos are written to. */
export type VideoContainer = "mp4" | "mov" | "mkv" | "webm";

interface ContainerRules {
  muxer: string;
  codec: string;
  /** Sound that may be copied. */
  audio: readonly string[];
  /** Codec for sound that may not, by the codec that it has. */
  audioFallback: (codec: string) => string;
  /** Subtitles that may be kept. */
  subtitles: readonly string[];
  /** Codec for text subtitles; null keeps them in their own wherever the container has it. */
  textSubtitles: string | null;
  attachments: boolean;
}

const MP4_AUDIO = ["aac", "mp3", "mp2", "ac3", "eac3", "alac", "opus", "flac", "dts"];
/** Uncompressed sound of cameras and editors. */
// deno-fmt-ignore
const MOV_PCM = [
  "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le",
  "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_alaw", "pcm_mulaw",
];

const TEXT_SUBTITLES = ["subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text"];
const PICTURE_SUBTITLES = ["dvd_subtitle", "dvb_subtitle", "hdmv_pgs_subtitle"];

/** What the Matroska muxer has names for; it refuses any other codec, and the whole file with it. */
// deno-fmt-ignore
const MKV_AUDIO = [
  "aac", "aac_latm", "ac3", "eac3", "dts", "truehd", "mlp", "mp1", "mp2", "mp3", "opus", "vorbis",
  "flac", "alac", "tta", "wavpack", "pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be",
  "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw", "adpcm_ms",
  "adpcm_ima_wav", "adpcm_yamaha", "adpcm_swf", "adpcm_g722", "adpcm_g726", "g723_1", "gsm_ms",
  "wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice", "cook", "sipr", "ra_144", "ra_288",
];

const RULES: Readonly<Record<VideoContainer, ContainerRules>> = {
  mp4: {
    muxer: "mp4",
    codec: "libx264",
    audio: MP4_AUDIO,
    audioFallback: () => "aac",
    subtitles: TEXT_SUBTITLES,
    textSubtitles: "mov_text",
    attachments: false,
  },
  mov: {
    muxer: "mov",
    codec: "libx264",
    audio: [...MP4_AUDIO.filter((codec) => codec !== "opus" && codec !== "flac"), ...MOV_PCM],
    audioFallback: () => "aac",
    subtitles: TEXT_SUBTITLES,
    textSubtitles: "mov_text",
    attachments: false,
  },
  mkv: {
    muxer: "matroska",
    codec: "libx264",
    audio: MKV_AUDIO,
    audioFallback: losslessOrAac,
    subtitles: [...TEXT_SUBTITLES, ...PICTURE_SUBTITLES, "hdmv_text_subtitle"],
    textSubtitles: null,
    attachments: true,
  },
  webm: {
    muxer: "webm",
    codec: "libvpx-vp9",
    audio: ["opus", "vorbis"],
    audioFallback: () => "libopus",
    subtitles: TEXT_SUBTITLES,
    textSubtitles: "webvtt",
    attachments: false,
  },
};

/** Discs, professional tapes and broadcasts have uncompressed sound that Matroska has no name for. */
function losslessOrAac(codec: string): string {
  if (/^pcm_f(32|64)be$/.test(codec)) return codec.replace("be", "le");
  return /^(pcm_(?!vidc)|s302m$)/.test(codec) ? "flac" : "aac";
}

/**
 * Tells the container that a file name asks for.
 *
 * @param path The output path; its extension decides.
 * @returns The container.
 * @throws {VideoOptionsError} When videos are not written to such files.
 */
export function containerOf(path: string): VideoContainer {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  if (extension === "m4v") return "mp4";
  if (extension in RULES) return extension as VideoContainer;
  throw new VideoOptionsError(
    `Cannot write ${path}: videos are written to .mp4, .m4v, .mov, .mkv or .webm files.`,
    "Choose one of these extensions.",
  );
}

/**
 * Names the muxer and the usual codec of a container.
 *
 * @param container The container.
 * @returns ffmpeg's names.
 */
export function containerDefaults(container: VideoContainer): { muxer: string; codec: string } {
  return RULES[container];
}

/**
 * Tells whether a container counts time in whole milliseconds.
 *
 * @param container The container.
 * @returns True for Matroska and its kin.
 */
export function countsMilliseconds(container: VideoContainer): boolean {
  return container === "mkv" || container === "webm";
}

/** What is to become of the streams beside the pictures. */
export interface SideStreamOptions {
  /** `copy` keeps sound bit for bit where the container can hold it. */
  audio: "copy" | "none" | "aac";
  /** `copy` keeps subtitles, in the container's own form. */
  subtitles: "copy" | "none";
}

/** A stream beside the pictures that is kept. */
export interface KeptStream {
  /** The stream as the source has it. */
  stream: SideStream;
  /** `copy`, or the encoder that the container needs. */
  codec: string;
}

/** The streams of each kind that a container takes, in the order of the source. */
export interface KeptStreams {
  /** Sound. */
  audio: KeptStream[];
  /** Subtitles. */
  subtitles: KeptStream[];
  /** Attached files. */
  attachments: KeptStream[];
}

/**
 * Decides which sound, subtitles and attachments of a video a container takes, and in which form.
 *
 * @param source The video that has them.
 * @param container The container that takes them.
 * @param options What is wanted.
 * @param notes Receives what could not be kept as it was.
 * @returns What is kept.
 */
export function keptStreams(
  source: VideoInfo,
  container: VideoContainer,
  options: SideStreamOptions,
  notes: MediaWarning[],
): KeptStreams {
  const audio = options.audio === "none" ? [] : source.audio;
  const subtitles = options.subtitles === "none" ? [] : source.subtitles;
  const { attachments } = RULES[container];
  if (!attachments && source.attachments.length > 0) {
    notes.push({
      code: "ATTACHMENTS_DROPPED",
      message: `Attached files were left out: ${container} cannot hold them.`,
    });
  }
  return {
    audio: audio.flatMap((stream) => keptSound(stream, container, options, notes)),
    subtitles: subtitles.flatMap((stream) => keptSubtitles(stream, container, notes)),
    attachments: attachments ? source.attachments.map((stream) => ({ stream, codec: "copy" })) : [],
  };
}

function keptSound(
  stream: SideStream,
  container: VideoContainer,
  options: SideStreamOptions,
  notes: MediaWarning[],
): KeptStream[] {
  if (stream.codec === "") {
    notes.push({
      code: "AUDIO_DROPPED",
      message: "Sound of an unknown kind was left out: ffmpeg cannot read it.",
    });
    return [];
  }
  const { audio, audioFallback } = RULES[container];
  if (options.audio === "aac") return [{ stream, codec: "aac" }];
  if (audio.includes(stream.codec)) return [{ stream, codec: "copy" }];
  const codec = audioFallback(stream.codec);
  notes.push({
    code: "AUDIO_CONVERTED",
    message: `Sound was converted from ${stream.codec} to ${codec}: ${container} cannot hold it.`,
  });
  return [{ stream, codec }];
}

function keptSubtitles(
  stream: SideStream,
  container: VideoContainer,
  notes: MediaWarning[],
): KeptStream[] {
  const { subtitles, textSubtitles } = RULES[container];
  if (!subtitles.includes(stream.codec)) {
    notes.push({
      code: "SUBTITLES_DROPPED",
      message: `Subtitles (${stream.codec || "unknown"}) were left out: ` +
        `${container} cannot hold them.`,
    });
    return [];
  }
  const codec = textSubtitles ?? (stream.codec === "mov_text" ? "srt" : "copy");
  return [{ stream, codec: codec === stream.codec ? "copy" : codec }];
}

/**
 * Chooses ffmpeg's arguments for sound, subtitles and attachments of input 1.
 *
 * @param source The video that has them.
 * @param container The container that takes them.
 * @param options What is wanted.
 * @param notes Receives what could not be kept as it was.
 * @returns Output arguments.
 */
export function sideStreamArguments(
  source: VideoInfo,
  container: VideoContainer,
  options: SideStreamOptions,
  notes: MediaWarning[],
): string[] {
  const { audio, subtitles, attachments } = keptStreams(source, container, options, notes);
  const args: string[] = [];
  for (const [position, { stream, codec }] of audio.entries()) {
    args.push("-map", `1:${stream.index}`, `-c:a:${position}`, codec);
    if (codec === "copy" && stream.endTime !== null) {
      args.push(`-bsf:a:${position}`, lastPacketFilter(stream.endTime));
    }
  }
  for (const [position, { stream, codec }] of subtitles.entries()) {
    args.push("-map", `1:${stream.index}`, `-c:s:${position}`, codec);
  }
  for (const { stream } of attachments) args.push("-map", `1:${stream.index}`);
  if (attachments.length > 0) args.push("-c:t", "copy");
  return args;
}

/** Demuxers give the last packet of a stream its full length, even where the file cuts it short. */
function lastPacketFilter(end: number): string {
  const cut = `lt(PTS*TB,${end})*gt((PTS+DURATION-0.5)*TB,${end})`;
  return `setts=pts=PTS:dts=DTS:duration='if(${cut},max(1,round(${end}/TB)-PTS),DURATION)'`;
}
