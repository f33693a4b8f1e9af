import { FfmpegError, VideoNoFramesError, VideoUnreadableError } from "./errors.ts";
import { InputEmptyError, InputIsDirectoryError, InputMissingError } from "./errors.ts";
import { type FfmpegPrograms, findFfmpeg } from "./ffmpeg_find.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import { type HdrMetadata, readHdrMetadata, type SideData } from "./hdr_metadata.ts";
import { sampleDepth } from "./pixel_format.ts";
import { isHdr, refuseHdr, requireMatrix, STANDARD_RANGE } from "./video_color.ts";
import { isConstantRate, parseRational, type Rational } from "./video_info.ts";
import type { SideStream, VideoColor, VideoInfo } from "./video_info.ts";

interface ProbedStream {
  index: number;
  codec_type?: string;
  codec_name?: string;
  width?: number;
  height?: number;
  pix_fmt?: string;
  nb_frames?: string;
  time_base?: string;
  r_frame_rate?: string;
  avg_frame_rate?: string;
  sample_aspect_ratio?: string;
  field_order?: string;
  start_time?: string;
  duration?: string;
  tags?: { DURATION?: string };
  color_space?: string;
  color_range?: string;
  color_primaries?: string;
  color_transfer?: string;
  chroma_location?: string;
  disposition?: { attached_pic?: number; default?: number };
  side_data_list?: (SideData & { rotation?: number })[];
}

interface Probed {
  streams?: ProbedStream[];
  format?: { format_name?: string; duration?: string; start_time?: string };
  chapters?: { start_time?: string; end_time?: string; tags?: { title?: string } }[];
}

interface FrameTimes {
  pts: Float64Array;
  lastDuration: number;
  packets: number;
  discarded: number;
}

/** How a video is probed. */
export interface ProbeOptions {
  /**
   * What becomes of high dynamic range, which frames of 8 bits do not have: `refuse` throws before the
   * long part, `tonemap` lets {@link decodeFrames} bring it down, `keep` reads what a result has to say of
   * it. When absent, it is probed as it is, and {@link decodeFrames} refuses it.
   */
  hdr?: "refuse" | "tonemap" | "keep";
  /** Ends the probing, which takes long for long videos; its reason is thrown. */
  signal?: AbortSignal;
  /** Told of the frames found so far. */
  onProgress?: (progress: ProbeProgress) => void;
}

/** How far the probing of a video is. */
export interface ProbeProgress {
  /** The stage of the work. */
  phase: "probe";
  /** Frames found so far. */
  done: number;
  /** Frames that there will be, where the file says so. */
  total: number | undefined;
  /** What is counted. */
  unit: "frame";
  /** The file. */
  item: string;
}

/**
 * Reads what a video file holds, decoding it once so that every count and time is exact.
 *
 * @param path The file.
 * @param options What is refused, and who stops and follows the work.
 * @returns Sizes, times of all frames, colours and the other streams.
 * @throws {VideoUnreadableError} When ffmpeg cannot open the file.
 * @throws {VideoNoFramesError} When it has no pictures.
 * @throws {VideoHdrError} When it is PQ or HLG and such videos are refused.
 *
 * @example
 * ```ts
 * import { probeVideo, writeDemoClip } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile({ suffix: ".mp4" });
 * await writeDemoClip(path, { frames: 4, width: 64, height: 36, overwrite: true });
 * const info = await probeVideo(path);
 * assert.deepEqual([info.width, info.height, info.frames], [64, 36, 4]);
 * await Deno.remove(path);
 * ```
 */
export async function probeVideo(path: string, options: ProbeOptions = {}): Promise<VideoInfo> {
  options.signal?.throwIfAborted();
  await requireFile(path);
  const programs = await findFfmpeg();
  const probed = await probeStreams(programs, path, options.signal);
  const streams = probed.streams ?? [];
  const video = streams.find((stream) =>
    stream.codec_type === "video" && stream.disposition?.attached_pic !== 1
  );
  if (video === undefined) throw noVideo(path, streams);
  const color = colorTags(video);
  if (options.hdr === "refuse") refuseHdr({ path, color });
  const isToneMapped = options.hdr === "tonemap" && isHdr(color);
  const isKept = options.hdr === "keep" && isHdr(color);
  if (isKept) requireMatrix({ path, color });
  const timeBase = parseRational(video.time_base) ?? { num: 1, den: 1000 };
  const claimedRate = parseRational(video.r_frame_rate) ?? parseRational(video.avg_frame_rate) ??
    { num: 25, den: 1 };
  const period = (claimedRate.den * timeBase.den) / (claimedRate.num * timeBase.num);
  const total = Number(video.nb_frames ?? 0) || undefined;
  const found = await frameTimes(programs, path, video.index, {
    period,
    signal: options.signal,
    onFrames: (done) =>
      options.onProgress?.({ phase: "probe", done, total, unit: "frame", item: path }),
  });
  const { pts, lastDuration, packets, discarded } = found;
  if (pts.length === 0) {
    throw new VideoNoFramesError(
      `Cannot read ${path}: its video stream has 0 frames that decode.`,
      "Check that the file was copied completely.",
    );
  }
  const rotation = (360 - Math.round(sideRotation(video) / 90) * 90 + 360) % 360;
  const turned = rotation % 180 === 90;
  const [width, height] = [video.width ?? 0, video.height ?? 0];
  const aspect = parseRational(video.sample_aspect_ratio) ?? { num: 1, den: 1 };
  const first = pts[0] ?? 0;
  const seconds = timeBase.num / timeBase.den;
  const span = (pts[pts.length - 1] ?? 0) + lastDuration - first;
  return {
    path,
    format: probed.format?.format_name ?? "",
    codec: video.codec_name ?? "",
    streamIndex: video.index,
    width: turned ? height : width,
    height: turned ? width : height,
    frames: pts.length,
    expectedFrames: Math.max(pts.length, packets, promisedFrames(probed, video) - discarded),
    pts,
    timeBase,
    times: pts.map((value) => value * seconds),
    lastDuration,
    constantRate: constantRate(pts, timeBase, video),
    averageRate: reduced(pts.length * timeBase.den, span * timeBase.num),
    duration: Number(probed.format?.duration ?? span * seconds),
    rotation,
    sampleAspectRatio: turned ? { num: aspect.den, den: aspect.num } : aspect,
    fieldOrder: video.field_order ?? "unknown",
    pixelFormat: video.pix_fmt ?? "unknown",
    bitDepth: sampleDepth(video.pix_fmt ?? ""),
    color: isToneMapped ? STANDARD_RANGE : color,
    toneMappedFrom: isToneMapped ? color : null,
    hdrMetadata: isKept ? await hdrMetadata(programs, path, video) : null,
    audio: sideStreams(streams, "audio"),
    subtitles: sideStreams(streams, "subtitle"),
    attachments: sideStreams(streams, "attachment"),
    startTimes: { format: Number(probed.format?.start_time ?? 0) || 0, video: first * seconds },
    chapters: (probed.chapters ?? []).map((chapter) => ({
      start: Number(chapter.start_time ?? 0),
      end: Number(chapter.end_time ?? 0),
      title: chapter.tags?.title ?? "",
    })),
  };
}

async function requireFile(path: string): Promise<void> {
  let stat: Deno.FileInfo;
  try {
    stat = await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new InputMissingError(`Cannot read ${path}: file not found.`, "Check the path.");
  }
  if (stat.isDirectory) {
    throw new InputIsDirectoryError(`Cannot read ${path}: it is a folder.`, "Name a file.");
  }
  if (stat.isFile && stat.size === 0) {
    throw new InputEmptyError(
      `Cannot read ${path}: file is empty (0 bytes).`,
      "Check that it was copied completely.",
    );
  }
}

async function probeStreams(
  programs: FfmpegPrograms,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Probed> {
  const child = FfmpegProcess.start({
    program: programs.ffprobe,
    args: ["-v", "error", "-show_streams", "-show_format", "-show_chapters", "-of", "json", path],
    stdout: true,
    action: `read ${path}`,
    signal,
  });
  const text = await new Response(child.stdout).text();
  try {
    await child.finished();
  } catch (error) {
    if (!(error instanceof FfmpegError)) throw error;
    const reason = error.stderr.at(-1)?.replace(`${path}: `, "") ?? "no reason given";
    throw new VideoUnreadableError(
      `Cannot read ${path}: not a readable video (${reason.replace(/\.$/, "")}).`,
      "Note that an MP4 that was not finished has no index; export or copy it again.",
    );
  }
  const probed: Probed = JSON.parse(text);
  const format = probed.format?.format_name ?? "";
  if (format === "tty") {
    throw new VideoUnreadableError(
      `Cannot read ${path}: not a readable video (it is text).`,
      "Give a video file.",
    );
  }
  // ffmpeg knows kinds of pictures that are neither videos nor read as pictures here.
  if (format === "image2" || format.endsWith("_pipe")) {
    throw new VideoUnreadableError(
      `Cannot read ${path}: not a readable video (it is a picture of an unsupported kind).`,
      "Convert it to PNG or TIFF first.",
    );
  }
  return probed;
}

/** Some files have it in their headers, others beside their frames. */
async function hdrMetadata(
  { ffprobe }: FfmpegPrograms,
  path: string,
  { index, side_data_list: sides = [] }: ProbedStream,
): Promise<HdrMetadata> {
  const child = FfmpegProcess.start({
    program: ffprobe,
    // deno-fmt-ignore
    args: [
      "-v", "error", "-select_streams", `${index}`, "-read_intervals", "%+#1", "-show_frames",
      "-show_entries", "frame=pts:frame_side_data", "-of", "json", path,
    ],
    stdout: true,
    action: `read the first frame of ${path}`,
  });
  const text = await new Response(child.stdout).text();
  await child.finished();
  const { frames }: { frames?: { side_data_list?: SideData[] }[] } = JSON.parse(text);
  return readHdrMetadata([...sides, ...frames?.[0]?.side_data_list ?? []]);
}

/** Reads one line a packet and a frame, so a long video costs a few bytes a frame. */
async function frameTimes(
  programs: FfmpegPrograms,
  path: string,
  streamIndex: number,
  { period, signal, onFrames }: {
    readonly period: number;
    readonly signal: AbortSignal | undefined;
    readonly onFrames: (frames: number) => void;
  },
): Promise<FrameTimes> {
  const child = FfmpegProcess.start({
    program: programs.ffprobe,
    // deno-fmt-ignore
    args: [
      "-v", "error", "-threads", "2", "-select_streams", `${streamIndex}`, "-show_packets",
      "-show_frames", "-show_entries",
      "packet=flags,duration:frame=best_effort_timestamp,pkt_duration,duration",
      "-of", "compact", path,
    ],
    stdout: true,
    action: `read the frame times of ${path}`,
    signal,
  });
  const stamps: number[] = [];
  let [packets, discarded, duration, rest] = [0, 0, 0, ""];
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      // Edit lists mark packets that decode but are not shown.
      if (line.startsWith("packet|")) /flags=.D/.test(line) ? discarded += 1 : packets += 1;
      if (!line.startsWith("frame|")) continue;
      const stamp = Number(/best_effort_timestamp=(-?\d+)/.exec(line)?.[1] ?? NaN);
      stamps.push(risingStamp(stamps.at(-1), stamp, period));
      duration = Number(/duration=(\d+)/.exec(line)?.[1] ?? 0);
    }
    onFrames(stamps.length);
  }
  await child.finished().catch((error: unknown) => {
    if (!(error instanceof FfmpegError) || stamps.length === 0) throw error;
  });
  const step = stamps.length > 1 ? (stamps.at(-1) ?? 0) - (stamps.at(-2) ?? 0) : 0;
  const lastDuration = duration || step || Math.max(1, Math.round(period));
  return { pts: Float64Array.from(stamps), lastDuration, packets, discarded };
}

/** Frames without a usable time stamp follow the one before them by the claimed period. */
function risingStamp(previous: number | undefined, stamp: number, period: number): number {
  if (previous === undefined) return Number.isNaN(stamp) ? 0 : stamp;
  if (Number.isNaN(stamp)) return Math.max(previous + 1, Math.round(previous + period));
  return Math.max(previous + 1, stamp);
}

function constantRate(
  pts: Float64Array,
  timeBase: Rational,
  video: ProbedStream,
): Rational | null {
  for (const text of [video.r_frame_rate, video.avg_frame_rate]) {
    const rate = parseRational(text);
    if (rate !== null && isConstantRate(pts, timeBase, rate)) return rate;
  }
  return null;
}

function reduced(num: number, den: number): Rational {
  let [a, b] = [num, den];
  while (b > 0) [a, b] = [b, a % b];
  return { num: num / a, den: den / a };
}

/** Only the index of MP4 and MOV counts frames exactly; headers elsewhere are off by a few. */
function promisedFrames(probed: Probed, video: ProbedStream): number {
  return probed.format?.format_name?.startsWith("mov") ? Number(video.nb_frames ?? 0) : 0;
}

function sideRotation(video: ProbedStream): number {
  return video.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0;
}

function colorTags(video: ProbedStream): VideoColor {
  return {
    space: tag(video.color_space),
    range: tag(video.color_range),
    primaries: tag(video.color_primaries),
    transfer: tag(video.color_transfer),
    chromaLocation: tag(video.chroma_location),
  };
}

function tag(value: string | undefined): string {
  return value === undefined || value === "unknown" || value === "unspecified" ? "" : value;
}

function sideStreams(streams: ProbedStream[], type: SideStream["type"]): SideStream[] {
  return streams.filter((stream) => stream.codec_type === type).map((stream) => ({
    index: stream.index,
    type,
    codec: stream.codec_name ?? "",
    startTime: Number(stream.start_time ?? 0) || 0,
    endTime: endTime(stream),
    isDefault: stream.disposition?.default === 1,
  }));
}

/** Matroska keeps the end in a tag, MP4 the length. */
function endTime(stream: ProbedStream): number | null {
  const clock = /^(\d+):(\d+):(\d+\.\d+)$/.exec(stream.tags?.DURATION ?? "");
  if (clock !== null) {
    return Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
  }
  if (stream.duration === undefined) return null;
  return Number(stream.start_time ?? 0) + Number(stream.duration);
}

function noVideo(path: string, streams: ProbedStream[]): VideoNoFramesError {
  const audio = streams.some((stream) => stream.codec_type === "audio");
  return new VideoNoFramesError(
    `Cannot read ${path}: the file has ${audio ? "audio only" : "no video stream"}.`,
    "Give a file with pictures.",
  );
}
