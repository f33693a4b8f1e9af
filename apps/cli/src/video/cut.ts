import { join } from "node:path";
import { CliError } from "../errors.ts";
import { addTemporary, dropTemporary } from "../temporaries.ts";
import {
  findFfmpeg,
  type KeptStream,
  type KeptStreams,
  keptStreams,
  type MediaWarning,
  partOfVideo,
  type SideStream,
  type SideStreamOptions,
  type VideoInfo,
} from "@vicinity/media";
import { chapterText, cutChapters } from "./cut_chapters.ts";
import type { FrameRange } from "./time_range.ts";

/** A part of a video as a source for writing: its frames' times, and its sound in a file of its own. */
export interface CutSource extends AsyncDisposable {
  /** What a writer needs to know. */
  readonly source: VideoInfo;
  /** What could not be kept as it was. */
  readonly notes: readonly MediaWarning[];
}

/**
 * Cuts sound, subtitles and chapters to a part of a video, and moves the times of its frames to zero.
 *
 * @param info The whole video.
 * @param range The frames that stay.
 * @param wanted Which sound and subtitles will be written; others are not touched.
 * @returns The part; dispose it when it is written.
 * @throws {CliError} `FFMPEG_FAILED` when the sound cannot be cut.
 */
export async function cutSource(
  info: VideoInfo,
  range: FrameRange,
  wanted: SideStreamOptions,
): Promise<CutSource> {
  const notes: MediaWarning[] = [];
  const dispose = () => Promise.resolve();
  if (range.start === 0 && range.end === info.frames) {
    return { source: info, notes, [Symbol.asyncDispose]: dispose };
  }
  const kept = carriedStreams(info, wanted, notes);
  const source = cutTimes(info, range);
  const isSilent = kept.audio.length + kept.subtitles.length === 0;
  if (isSilent && info.chapters.length === 0) {
    return { source, notes, [Symbol.asyncDispose]: dispose };
  }
  const folder = await Deno.makeTempDir({ prefix: "vicinity-" });
  addTemporary(folder);
  try {
    // Matroska needs a stream; metadata and chapters alone go into a text that ffmpeg reads.
    const path = join(folder, isSilent ? "cut.txt" : "cut.mkv");
    const chapters = join(folder, "chapters.txt");
    await Deno.writeTextFile(chapters, chapterText(source.chapters));
    await cutSideStreams(info, range, { kept, chapters, path });
    const format = isSilent ? "ffmetadata" : "matroska,webm";
    return {
      source: { ...source, path, format, ...placed(kept) },
      notes,
      [Symbol.asyncDispose]: () => Promise.resolve(dropTemporary(folder)),
    };
  } catch (error) {
    dropTemporary(folder);
    throw error;
  }
}

/** What the Matroska file of a cut takes along; attached files alone would leave it unreadable. */
function carriedStreams(
  info: VideoInfo,
  wanted: SideStreamOptions,
  notes: MediaWarning[],
): KeptStreams {
  // Sound that is to be encoded is cut as it is, so that it is not encoded twice.
  const isEncoded = wanted.audio === "aac";
  const audio = isEncoded ? "copy" : wanted.audio;
  const found: MediaWarning[] = [];
  const kept = keptStreams(info, "mkv", { ...wanted, audio }, found);
  notes.push(...found.filter(({ code }) => !(isEncoded && code === "AUDIO_CONVERTED")));
  if (kept.attachments.length === 0 || kept.audio.length + kept.subtitles.length > 0) return kept;
  notes.push({
    code: "ATTACHMENTS_DROPPED",
    message: "Attached files were left out: a part of a video takes them along with sound only.",
  });
  return { ...kept, attachments: [] };
}

/** The streams in the order in which the file of a cut has them. */
function placed(kept: KeptStreams): Pick<VideoInfo, "audio" | "subtitles" | "attachments"> {
  let index = 0;
  const place = (streams: readonly KeptStream[]): SideStream[] =>
    streams.map(({ stream, codec }) => ({
      ...stream,
      index: index++,
      codec: codec === "copy" ? stream.codec : codec === "srt" ? "subrip" : codec,
      startTime: 0,
      endTime: null,
    }));
  return {
    audio: place(kept.audio),
    subtitles: place(kept.subtitles),
    attachments: place(kept.attachments),
  };
}

/** The part without the streams beside its pictures. */
function cutTimes(info: VideoInfo, { start, end }: FrameRange): VideoInfo {
  return {
    ...partOfVideo(info, start, end),
    audio: [],
    subtitles: [],
    attachments: [],
    chapters: cutChapters(info.chapters, info.times[start] ?? 0, info.times[end] ?? Infinity),
  };
}

/** Packets are copied, so sound begins and ends at the packet next to the cut. */
async function cutSideStreams(
  info: VideoInfo,
  { start, end }: FrameRange,
  { kept, chapters, path }: {
    readonly kept: KeptStreams;
    readonly chapters: string;
    readonly path: string;
  },
): Promise<void> {
  const { ffmpeg } = await findFfmpeg();
  const from = info.times[start] ?? 0;
  const until = info.times[end];
  const codecs = (type: string, streams: readonly KeptStream[]) =>
    streams.flatMap((
      { stream, codec },
      position,
    ) => ["-map", `0:${stream.index}`, `-c:${type}:${position}`, codec]);
  const { success, stderr } = await new Deno.Command(ffmpeg, {
    // deno-fmt-ignore
    args: [
      "-nostdin", "-v", "error", "-ss", seconds(from - info.startTimes.format),
      ...(until === undefined ? [] : ["-t", seconds(until - from)]), "-i", info.path,
      "-f", "ffmetadata", "-i", chapters, "-map_metadata", "0", "-map_chapters", "1",
      "-copypriorss", "0", ...codecs("a", kept.audio), ...codecs("s", kept.subtitles),
      ...codecs("t", kept.attachments), "-f", path.endsWith(".txt") ? "ffmetadata" : "matroska",
      "-y", path,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const reason = new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "no message";
  throw new CliError("FFMPEG_FAILED", `cannot cut the sound: ${reason}`, {
    hint: "leave it out with --audio none --subs none",
  });
}

/** ffmpeg knows no exponents, and a difference that should be 0 may be a hair above or below it. */
function seconds(value: number): string {
  return Math.max(0, value).toFixed(6);
}
