import { join } from "node:path";
import { CliError } from "../errors.ts";
import { findFfmpeg, type SideStream, type VideoInfo } from "@vicinity/media";
import type { FrameRange } from "./time_range.ts";

/** A part of a video as a source for writing: its frames' times, and its sound in a file of its own. */
export interface CutSource extends AsyncDisposable {
  /** What a writer needs to know. */
  readonly source: VideoInfo;
}

/**
 * Cuts sound, subtitles and chapters to a part of a video, and moves the times of its frames to zero.
 *
 * @param info The whole video.
 * @param range The frames that stay.
 * @returns The part; dispose it when it is written.
 * @throws {CliError} `FFMPEG_FAILED` when the sound cannot be cut.
 */
export async function cutSource(info: VideoInfo, range: FrameRange): Promise<CutSource> {
  if (range.start === 0 && range.end === info.frames) {
    return { source: info, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const kept = [...info.audio, ...info.subtitles];
  const source = { ...cutTimes(info, range), chapters: [], attachments: [] };
  if (kept.length === 0) return { source, [Symbol.asyncDispose]: () => Promise.resolve() };
  const folder = await Deno.makeTempDir({ prefix: "vicinity-" });
  const dispose = () => Deno.remove(folder, { recursive: true });
  try {
    const path = join(folder, "cut.mkv");
    await cutSideStreams(info, range, kept, path);
    const place = (streams: readonly SideStream[], first: number): SideStream[] =>
      streams.map((stream, index) => ({
        ...stream,
        index: first + index,
        codec: stream.codec === "mov_text" ? "subrip" : stream.codec,
        startTime: 0,
        endTime: null,
      }));
    return {
      source: {
        ...source,
        path,
        format: "matroska,webm",
        audio: place(info.audio, 0),
        subtitles: place(info.subtitles, info.audio.length),
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function cutTimes(info: VideoInfo, { start, end }: FrameRange): VideoInfo {
  const first = info.pts[start] ?? 0;
  const pts = info.pts.slice(start, end).map((value) => value - first);
  const seconds = info.timeBase.num / info.timeBase.den;
  const next = info.pts[end];
  const lastDuration = next === undefined ? info.lastDuration : next - (info.pts[end - 1] ?? 0);
  return {
    ...info,
    pts,
    times: pts.map((value) => value * seconds),
    frames: pts.length,
    expectedFrames: pts.length,
    lastDuration,
    duration: ((pts.at(-1) ?? 0) + lastDuration) * seconds,
    startTimes: { format: 0, video: 0 },
  };
}

/** Packets are copied, so sound begins and ends at the packet next to the cut. */
async function cutSideStreams(
  info: VideoInfo,
  { start, end }: FrameRange,
  streams: readonly SideStream[],
  path: string,
): Promise<void> {
  const { ffmpeg } = await findFfmpeg();
  const from = info.times[start] ?? 0;
  const until = info.times[end];
  const maps = streams.flatMap(({ index }) => ["-map", `0:${index}`]);
  const { success, stderr } = await new Deno.Command(ffmpeg, {
    // deno-fmt-ignore
    args: [
      "-nostdin", "-v", "error", "-ss", seconds(from - info.startTimes.format),
      ...(until === undefined ? [] : ["-t", seconds(until - from)]), "-i", info.path,
      ...maps, "-map_chapters", "-1", "-copypriorss", "0", "-c:a", "copy",
      ...info.subtitles.flatMap(({ codec }, index) =>
        [`-c:s:${index}`, codec === "mov_text" ? "srt" : "copy"]
      ),
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
