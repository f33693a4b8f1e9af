import type { MediaWarning } from "./errors.ts";
import { VideoOptionsError } from "./errors.ts";
import type { VideoInfo } from "./video_info.ts";

/** The containers that videos are written to. */
export type VideoContainer = "mp4" | "mov" | "mkv" | "webm";

interface ContainerRules {
  muxer: string;
  codec: string;
  /** Sound that may be copied; null for any. */
  audio: readonly string[] | null;
  audioFallback: string;
  /** Codec for text subtitles; null keeps text and picture subtitles as they are. */
  textSubtitles: string | null;
  attachments: boolean;
}

const MP4_AUDIO = ["aac", "mp3", "mp2", "ac3", "eac3", "alac", "opus", "flac", "dts"];
const TEXT_SUBTITLES = ["subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text"];

const RULES: Readonly<Record<VideoContainer, ContainerRules>> = {
  mp4: {
    muxer: "mp4",
    codec: "libx264",
    audio: MP4_AUDIO,
    audioFallback: "aac",
    textSubtitles: "mov_text",
    attachments: false,
  },
  mov: {
    muxer: "mov",
    codec: "libx264",
    audio: [...MP4_AUDIO.filter((codec) => codec !== "opus" && codec !== "flac"), "pcm_s16le"],
    audioFallback: "aac",
    textSubtitles: "mov_text",
    attachments: false,
  },
  mkv: {
    muxer: "matroska",
    codec: "libx264",
    audio: null,
    audioFallback: "aac",
    textSubtitles: null,
    attachments: true,
  },
  webm: {
    muxer: "webm",
    codec: "libvpx-vp9",
    audio: ["opus", "vorbis"],
    audioFallback: "libopus",
    textSubtitles: "webvtt",
    attachments: false,
  },
};

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

/** What is to become of the streams beside the pictures. */
export interface SideStreamOptions {
  /** `copy` keeps sound bit for bit where the container can hold it. */
  audio: "copy" | "none" | "aac";
  /** `copy` keeps subtitles, in the container's own form. */
  subtitles: "copy" | "none";
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
  const rules = RULES[container];
  const args: string[] = [];
  const audio = options.audio === "none" ? [] : source.audio;
  audio.forEach((stream, position) => {
    const fits = rules.audio === null || rules.audio.includes(stream.codec);
    const codec = options.audio === "aac" ? "aac" : fits ? "copy" : rules.audioFallback;
    args.push("-map", `1:${stream.index}`, `-c:a:${position}`, codec);
    if (codec === "copy" && stream.endTime !== null) {
      args.push(`-bsf:a:${position}`, lastPacketFilter(stream.endTime));
    }
    if (options.audio === "copy" && !fits) {
      notes.push({
        code: "AUDIO_CONVERTED",
        message:
          `Sound was converted from ${stream.codec} to ${codec}: ${container} cannot hold it.`,
      });
    }
  });
  let position = 0;
  for (const stream of options.subtitles === "none" ? [] : source.subtitles) {
    const isText = TEXT_SUBTITLES.includes(stream.codec);
    if (rules.textSubtitles !== null && !isText) {
      notes.push({
        code: "SUBTITLES_DROPPED",
        message: `Subtitles (${stream.codec}) were left out: ${container} cannot hold them.`,
      });
      continue;
    }
    const codec = rules.textSubtitles ?? (stream.codec === "mov_text" ? "srt" : "copy");
    const copied = codec === stream.codec ? "copy" : codec;
    args.push("-map", `1:${stream.index}`, `-c:s:${position}`, copied);
    position += 1;
  }
  if (rules.attachments) {
    for (const stream of source.attachments) args.push("-map", `1:${stream.index}`);
    if (source.attachments.length > 0) args.push("-c:t", "copy");
  } else if (source.attachments.length > 0) {
    notes.push({
      code: "ATTACHMENTS_DROPPED",
      message: `Attached files were left out: ${container} cannot hold them.`,
    });
  }
  return args;
}

/** Demuxers give the last packet of a stream its full length, even where the file cuts it short. */
function lastPacketFilter(end: number): string {
  const cut = `lt(PTS*TB,${end})*gt((PTS+DURATION-0.5)*TB,${end})`;
  return `setts=pts=PTS:dts=DTS:duration='if(${cut},max(1,round(${end}/TB)-PTS),DURATION)'`;
}
