import { VideoOptionsError } from "./errors.ts";
import type { VideoInfo } from "./video_info.ts";
import { containerDefaults, countsMilliseconds, type VideoContainer } from "./video_streams.ts";
import { sourceTiming, type TimingSource } from "./video_timing.ts";

/** Which part of a video is written, and what all parts will become together. */
export interface PartRequest {
  /** First frame of the part. */
  start: number;
  /** First frame after it. */
  end: number;
  /** Container of the whole. */
  container: VideoContainer;
  /** ffmpeg's name of the encoder; by default the usual one of the whole's container. */
  codec?: string | undefined;
}

/** What a writer of a part is given beside size and quality. */
export interface PartOptions extends TimingSource {
  /** Always true: what stands beside the pictures is added to the whole. */
  picturesOnly: true;
  /** Container of the part. */
  container: VideoContainer;
  /** ffmpeg's name of the encoder. */
  codec: string;
}

/** Encoders of codecs that MP4 has a name for; QuickTime has names for most others. */
const MP4_ENCODERS = /264|265|hevc|vp9|av1/;
/** Encoders of codecs that Matroska alone holds. */
const MATROSKA_ENCODERS = /^(libvpx|vp8.*|libtheora)$/;

/**
 * Chooses the container of the parts: one that keeps every tick, which Matroska, with its whole
 * milliseconds, does not.
 *
 * @param container Container of the whole.
 * @param codec ffmpeg's name of the encoder; by default the usual one of that container.
 * @returns The container, whose name is the ending of its files too.
 * @throws {VideoOptionsError} When no such container holds the codec.
 */
export function partContainer(container: VideoContainer, codec?: string): VideoContainer {
  if (!countsMilliseconds(container)) return container;
  if (codec !== undefined && MATROSKA_ENCODERS.test(codec)) {
    throw new VideoOptionsError(
      `Cannot write parts with ${codec}: no file that keeps exact times holds them.`,
      "Choose libvpx-vp9 or libx264, or write the video in one piece.",
    );
  }
  return MP4_ENCODERS.test(codec ?? containerDefaults(container).codec) ? "mp4" : "mov";
}

/**
 * Makes the options by which a `VideoWriter` writes some frames of a video so that {@link joinParts}
 * can put them together with the others. How times are counted is decided by the whole video, so that
 * all parts are coded alike.
 *
 * @param whole The whole video, or the rate of one that is made of pictures.
 * @param request The part.
 * @returns Options for the writer of the part.
 */
export function partOptions(whole: TimingSource, request: PartRequest): PartOptions {
  const { container, codec = containerDefaults(container).codec } = request;
  return {
    ...timesOfPart(whole, request),
    picturesOnly: true,
    container: partContainer(container, codec),
    codec,
  };
}

function timesOfPart(whole: TimingSource, request: PartRequest): TimingSource {
  const { source, rate } = whole;
  if (source === undefined || rate !== undefined) return whole;
  const { start, end, container } = request;
  const { constant, timeBase } = sourceTiming(source, countsMilliseconds(container));
  return {
    // A part could look constant where the whole is not.
    source: { ...partOfVideo(source, start, end), constantRate: null },
    ...(constant ? { rate: { num: timeBase.den, den: timeBase.num } } : {}),
  };
}

/**
 * Some frames of a video as a video of their own, timed from zero. What stands beside the pictures is still
 * that of the whole.
 *
 * @param source The whole video.
 * @param start First frame.
 * @param end First frame after them.
 * @returns The part.
 */
export function partOfVideo(source: VideoInfo, start: number, end: number): VideoInfo {
  const first = source.pts[start] ?? 0;
  const pts = source.pts.slice(start, end).map((value) => value - first);
  const seconds = source.timeBase.num / source.timeBase.den;
  const next = source.pts[end];
  const lastDuration = next === undefined ? source.lastDuration : next - (source.pts[end - 1] ?? 0);
  return {
    ...source,
    pts,
    times: pts.map((value) => value * seconds),
    frames: pts.length,
    expectedFrames: pts.length,
    lastDuration,
    duration: ((pts.at(-1) ?? 0) + lastDuration) * seconds,
    startTimes: { format: 0, video: 0 },
  };
}
