import { type MediaWarning, VideoOptionsError } from "./errors.ts";
import { findFfmpeg } from "./ffmpeg_find.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import { unfinishedName } from "./unfinished_name.ts";
import { muxingArguments, outputColors, sourceInput } from "./video_encoder.ts";
import { tagArguments } from "./video_color.ts";
import {
  containerDefaults,
  containerOf,
  countsMilliseconds,
  type KeptStream,
  keptStreams,
  type SideStreamOptions,
  type VideoContainer,
} from "./video_streams.ts";
import { outputTiming, type TimingSource, type VideoTiming } from "./video_timing.ts";

/** A finished part of a video. */
export interface FinishedPart {
  /** Its file, written with {@link partOptions}. */
  path: string;
  /** How many frames it has. */
  frames: number;
}

/** What is joined to what. */
export interface JoinOptions extends TimingSource, Partial<SideStreamOptions> {
  /** Rows of the frames. */
  height: number;
  /** The parts in order, from the first frame on. */
  parts: readonly FinishedPart[];
  /** Pixel format of the parts, `yuv420p` by default. */
  pixelFormat?: string;
  /** Output arguments for the encoder; those that are not about pictures count here too. */
  encoderArgs?: readonly string[];
  /** Stops the work. */
  signal?: AbortSignal;
}

/** Output arguments with one value each that reach beyond the coding of pictures. */
const BESIDE_PICTURES =
  /^-([\w-]+:[ast](:.*)?|(map_)?metadata(:.*)?|map_chapters|disposition(:.*)?|movflags|ac|ar|af|ab|aq|acodec|scodec)$/;
/** Those without a value: streams that are left out. */
const WITHOUT_VALUE = /^-[asd]n$/;

/**
 * Joins the parts of a video without encoding them again, and adds what stands beside the pictures
 * as a `VideoWriter` does that writes the video in one piece. Every frame has the source's time, and
 * the same parts give the same bytes.
 *
 * @param path The file to make; it has its name only when it is complete.
 * @param options The parts, and the video that they were made from.
 * @returns What was changed or left out.
 * @throws {FfmpegError} When the parts do not fit together; nothing is left behind then.
 *
 * @example
 * ```ts
 * import { decodeFrames, joinParts, partOptions, probeVideo, VideoWriter } from "@vicinity/media";
 * import { writeDemoClip } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await writeDemoClip(`${folder}/in.mp4`, { frames: 4, width: 64, height: 36 });
 * const source = await probeVideo(`${folder}/in.mp4`);
 * const parts = [];
 * for (const [start, end] of [[0, 2], [2, 4]] as const) {
 *   const path = `${folder}/${start}.mp4`;
 *   const options = partOptions({ source }, { start, end, container: "mp4" });
 *   await using writer = await VideoWriter.open(path, { width: 64, height: 36, ...options });
 *   for await (const { data } of decodeFrames(source, { start, end })) await writer.write(data);
 *   await writer.close();
 *   parts.push({ path, frames: end - start });
 * }
 * await joinParts(`${folder}/out.mp4`, { source, parts, height: 36 });
 * assert.deepEqual((await probeVideo(`${folder}/out.mp4`)).pts, source.pts);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function joinParts(path: string, options: JoinOptions): Promise<MediaWarning[]> {
  const { source, parts, signal } = options;
  const container = containerOf(path);
  const timing = outputTiming(path, options, countsMilliseconds(container));
  const notes: MediaWarning[] = [];
  const { ffmpeg } = await findFfmpeg();
  const unfinished = unfinishedName(path);
  const child = FfmpegProcess.start({
    program: ffmpeg,
    // deno-fmt-ignore
    args: [
      "-nostdin", "-v", "error", "-copyts", "-itsoffset", seconds(timing, timing.first),
      "-protocol_whitelist", "file,pipe", "-f", "concat", "-safe", "0", "-i", "pipe:0",
      ...(source === undefined ? [] : sourceInput(source)), "-map", "0:v:0", "-c:v", "copy", ...streamArguments(options), ...defaultArguments(options, container),
      ...muxingArguments({ source, container, timing, options, notes }),
      // Matroska would give each file random numbers of its own.
      ...(countsMilliseconds(container) ? ["-fflags", "+bitexact"] : []),
      ...argumentsBesidePictures(options.encoderArgs ?? []),
      "-f", containerDefaults(container).muxer, "-y", unfinished,
    ],
    stdin: true,
    action: `join the parts of ${path}`,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    const writer = child.stdin.getWriter();
    // Where ffmpeg has ended, its own words say why.
    await writer.write(new TextEncoder().encode(partList(parts, timing))).catch(() => {});
    await writer.close().catch(() => {});
    await child.finished();
    await Deno.rename(unfinished, path);
  } catch (error) {
    await child.kill();
    await Deno.remove(unfinished).catch(() => {});
    throw error;
  }
  return notes;
}

/** What an encoder says of its stream, and the containers of the parts did not keep, or added. */
function streamArguments({ source, height, pixelFormat = "yuv420p" }: JoinOptions): string[] {
  // deno-fmt-ignore
  return [
    ...tagArguments(outputColors(source, height), pixelFormat),
    "-metadata:s:v:0", "handler_name=", "-metadata:s:v:0", "vendor_id=",
  ];
}

/**
 * Marks the pictures as what players choose, which joining loses. ffmpeg then no longer marks the first
 * of several streams of a kind by itself.
 */
function defaultArguments(
  { source, audio = "copy", subtitles = "copy" }: JoinOptions,
  container: VideoContainer,
): string[] {
  const kept = source === undefined
    ? { audio: [], subtitles: [] }
    : keptStreams(source, container, { audio, subtitles }, []);
  const lacksDefault = (streams: readonly KeptStream[]) =>
    streams.length > 1 && !streams.some(({ stream }) => stream.isDefault);
  return [
    "-disposition:v:0",
    "default",
    ...(lacksDefault(kept.audio) ? ["-disposition:a:0", "default"] : []),
    ...(lacksDefault(kept.subtitles) ? ["-disposition:s:0", "default"] : []),
  ];
}

/** The list that ffmpeg's demuxer `concat` reads; lengths are differences of rounded places, so nothing adds up. */
function partList(parts: readonly FinishedPart[], timing: VideoTiming): string {
  const lines = ["ffconcat version 1.0"];
  let frame = 0;
  for (const { path, frames } of parts) {
    requireJoinable(path);
    const length = microseconds(timing, place(timing, frame + frames)) -
      microseconds(timing, place(timing, frame));
    frame += frames;
    lines.push(
      `file 'file:${path.replaceAll("'", "'\\''")}'`,
      `duration ${(length / 1e6).toFixed(6)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/**
 * Finds out before the work whether {@link joinParts} can read a part of this name.
 *
 * @param path The part, or a name that its own begins with.
 * @throws {VideoOptionsError} When there is a line break in it.
 */
export function requireJoinable(path: string): void {
  if (!/[\r\n]/.test(path)) return;
  throw new VideoOptionsError(
    `Cannot join ${path}: ffmpeg's lists of files have no line breaks in names.`,
    "Choose a name without one.",
  );
}

/** Units of a frame after the first; the end of the last one where there are no more. */
function place({ offset, frames, lastDuration }: VideoTiming, index: number): number {
  return index < frames ? offset(index) : offset(frames - 1) + (lastDuration ?? 1);
}

function microseconds({ timeBase }: VideoTiming, units: number): number {
  return Math.round((units * timeBase.num * 1e6) / timeBase.den);
}

function seconds(timing: VideoTiming, units: number): string {
  return (microseconds(timing, units) / 1e6).toFixed(6);
}

/** What the user tells the encoder of sound and metadata; the rest was told to the parts. */
function argumentsBesidePictures(words: readonly string[]): string[] {
  return words.flatMap((word, index) =>
    WITHOUT_VALUE.test(word)
      ? [word]
      : BESIDE_PICTURES.test(word)
      ? [word, words[index + 1] ?? ""]
      : []
  );
}
