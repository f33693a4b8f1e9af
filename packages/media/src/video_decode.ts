import { FfmpegError, type MediaWarning, VideoNoFramesError, VideoOptionsError } from "./errors.ts";
import { findFfmpeg } from "./ffmpeg_find.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import { frameTimingArguments } from "./ffmpeg_version.ts";
import type { Samples } from "./compare.ts";
import { colorPlan, FRAME_FORMATS, refuseHdr, toneMapFilters, toRgbFilter } from "./video_color.ts";
import type { VideoInfo } from "./video_info.ts";

/** Bits of a sample of frames. */
export type FrameDepth = 8 | 16;

/** Samples of so many bits. */
export type SamplesOf<D extends FrameDepth> = D extends 16 ? Uint16Array<ArrayBuffer>
  : Uint8Array<ArrayBuffer>;

/** One picture of a video. The buffer belongs to whoever receives the frame. */
export interface VideoFrame<S extends Samples = SamplesOf<8>> {
  /** Number of the frame in the file, from 0. */
  index: number;
  /** Time stamp in units of the video's time base. */
  pts: number;
  /** Time in seconds. */
  time: number;
  /** Width in pixels. */
  width: number;
  /** Height in pixels. */
  height: number;
  /** Red, green and blue, row-major, [height, width, 3]. */
  data: S;
}

/** Which frames to decode and how. */
export interface DecodeOptions<D extends FrameDepth = FrameDepth> {
  /** First frame, from 0. */
  start?: number;
  /** One past the last frame; all by default. */
  end?: number;
  /** Turns interlaced pictures into whole ones; `auto` does so where the file says interlaced. */
  deinterlace?: "auto" | "on" | "off";
  /** Bits of a sample of the frames, whatever those of the video; 8 by default. */
  depth?: D;
  /**
   * What becomes of PQ and HLG that were not brought down by probing: refused by default; `keep` gives
   * samples in the video's own curve and primaries.
   */
  hdr?: "refuse" | "keep";
  /** Stops decoding; the iteration then throws the signal's reason. */
  signal?: AbortSignal;
}

/** Frames in order, with what was noticed about the file while decoding. */
export interface FrameStream<S extends Samples = SamplesOf<8>>
  extends AsyncGenerator<VideoFrame<S>, void, void> {
  /** Grows while decoding; complete once the iteration has ended. */
  readonly warnings: MediaWarning[];
}

/**
 * Decodes a video to RGB of 8 or 16 bits, every frame exactly once, in constant memory.
 *
 * Frames are turned upright. Leaving the loop early ends the decoder. A damaged file gives the
 * frames that decode and a `VIDEO_DAMAGED` warning.
 *
 * @param info The video, from {@link probeVideo}.
 * @param options Range and abort signal.
 * @returns The frames; `warnings` tells what was noticed.
 * @throws {VideoHdrError} When the video is PQ or HLG and that is not to be kept.
 * @throws {VideoNoFramesError} When nothing decodes.
 *
 * @example
 * ```ts
 * import { decodeFrames, probeVideo, writeDemoClip } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile({ suffix: ".mp4" });
 * await writeDemoClip(path, { frames: 4, width: 64, height: 36, overwrite: true });
 * let count = 0;
 * for await (const frame of decodeFrames(await probeVideo(path))) {
 *   count += frame.data.length === 64 * 36 * 3 ? 1 : 0;
 * }
 * assert.equal(count, 4);
 * await Deno.remove(path);
 * ```
 */
export function decodeFrames<D extends FrameDepth = 8>(
  info: VideoInfo,
  options: DecodeOptions<D> = {},
): FrameStream<SamplesOf<D>> {
  if (options.hdr !== "keep") refuseHdr(info);
  const { start = 0, end = info.frames } = options;
  if (!(start >= 0 && start < end && end <= info.frames)) {
    throw new VideoOptionsError(
      `Cannot decode ${info.path}: frames ${start} to ${end} asked, it has ${info.frames}.`,
      "Ask for a range inside the video.",
    );
  }
  const warnings: MediaWarning[] = [];
  return Object.assign(decode(info, options, start, end, warnings), { warnings });
}

async function* decode<D extends FrameDepth>(
  info: VideoInfo,
  options: DecodeOptions<D>,
  start: number,
  end: number,
  warnings: MediaWarning[],
): AsyncGenerator<VideoFrame<SamplesOf<D>>, void, void> {
  options.signal?.throwIfAborted();
  const { ffmpeg, version } = await findFfmpeg();
  const child = FfmpegProcess.start({
    program: ffmpeg,
    args: decodeArguments(info, options, start, end, version, warnings),
    stdout: true,
    action: `decode ${info.path}`,
  });
  const stop = () => void child.kill();
  options.signal?.addEventListener("abort", stop, { once: true });
  let index = start;
  try {
    const { depth = 8 } = options;
    const size = info.width * info.height * 3 * (depth / 8);
    const reader = child.stdout.getReader({ mode: "byob" });
    for (; index < end; index++) {
      const bytes = await readExactly(reader, size);
      options.signal?.throwIfAborted();
      if (bytes === undefined) break;
      const data = depth === 16 ? new Uint16Array(bytes.buffer) : bytes;
      const pts = info.pts[index] ?? 0;
      yield {
        index,
        pts,
        time: info.times[index] ?? 0,
        width: info.width,
        height: info.height,
        data: data as SamplesOf<D>,
      };
    }
    await reader.cancel();
    await child.finished().catch((error: unknown) => {
      if (!(error instanceof FfmpegError) || index === start) throw error;
    });
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await child.kill();
  }
  report(info, start, index, end, warnings);
}

async function readExactly(
  reader: ReadableStreamBYOBReader,
  size: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { value, done } = await reader.read(new Uint8Array(size), { min: size });
  return done || value === undefined || value.length < size ? undefined : value;
}

function decodeArguments(
  info: VideoInfo,
  options: DecodeOptions,
  start: number,
  end: number,
  version: string,
  warnings: MediaWarning[],
): string[] {
  const plan = colorPlan(info.height, info.color, info.pixelFormat);
  const { deinterlace = "auto", depth = 8 } = options;
  const interlaced = ["tt", "bb", "tb", "bt"].includes(info.fieldOrder);
  const filters: string[] = [];
  if (deinterlace === "on" || (deinterlace === "auto" && interlaced)) {
    filters.push(`scale=${info.width}:${info.height}`, "bwdif=mode=send_frame");
    warnings.push({
      code: "VIDEO_DEINTERLACED",
      message: `Interlaced pictures (${info.fieldOrder}) were made whole.`,
    });
  }
  if (start > 0 || end < info.frames) filters.push(`select='between(n,${start},${end - 1})'`);
  const { toneMappedFrom: hdr } = info;
  const toneMapped = depth === 16 ? "gbrp16le" : "gbrp";
  if (hdr !== null) filters.push(...toneMapFilters(hdr, info.pixelFormat, toneMapped));
  const pixelFormat = hdr === null ? info.pixelFormat : toneMapped;
  filters.push(toRgbFilter(plan, { ...info, pixelFormat }, depth), "settb=1/25", "setpts=N");
  // A broadcast may change its size: new filters would count frames from 0 again, and take the wrong ones
  // of a range. Pictures are turned by a filter that cannot go on with another size.
  const keptFilters = info.rotation === 0 ? ["-reinit_filter", "0"] : [];
  // deno-fmt-ignore
  return [
    "-nostdin", "-v", "error", ...keptFilters, "-i", info.path, "-map", `0:${info.streamIndex}`,
    "-frames:v", `${end - start}`, "-vf", filters.join(","),
    ...frameTimingArguments(version), "-enc_time_base", "1:25",
    "-f", "rawvideo", "-pix_fmt", FRAME_FORMATS[depth], "pipe:1",
  ];
}

function report(
  info: VideoInfo,
  start: number,
  index: number,
  end: number,
  warnings: MediaWarning[],
): void {
  if (index === start) {
    throw new VideoNoFramesError(
      `Cannot decode ${info.path}: the decoder delivered 0 frames.`,
      "Check that the file was copied completely.",
    );
  }
  const warning = missingFrames(info, { start, end }, index - start);
  if (warning !== undefined) warnings.push(warning);
}

/**
 * Tells whether a video has fewer frames than it promises.
 *
 * @param info The video.
 * @param range The frames that were wanted.
 * @param decoded How many of them there are.
 * @returns A `VIDEO_DAMAGED` warning; undefined where none is missing.
 */
export function missingFrames(
  info: VideoInfo,
  { start, end }: { readonly start: number; readonly end: number },
  decoded: number,
): MediaWarning | undefined {
  const expected = end === info.frames ? Math.max(end, info.expectedFrames) : end;
  if (start + decoded >= expected) return undefined;
  const seconds = (info.times[start + decoded - 1] ?? 0).toFixed(1);
  return {
    code: "VIDEO_DAMAGED",
    message: `Decoded ${decoded} of ${expected - start} frames; damaged near ${seconds} s.`,
  };
}
