import { VideoOptionsError } from "./errors.ts";
import type { Rational, VideoInfo } from "./video_info.ts";

/** When each frame of an output is shown, and in which units the encoder counts. */
export interface VideoTiming {
  /** Seconds of one unit of the encoder's clock. */
  timeBase: Rational;
  /** Units of the first frame. */
  first: number;
  /** Units of frame `index` after the first frame. */
  offset(index: number): number;
  /** Units that the last frame stays, or null where one period of the grid. */
  lastDuration: number | null;
  /** Frames that can be written; without end for a plain rate. */
  frames: number;
  /** Whether frames lie on a constant grid of one unit each. */
  constant: boolean;
  /** Nominal nanoseconds of a frame. */
  period: number;
  /** Ticks a second of the output's video track, or null where ffmpeg may choose. */
  trackScale: number | null;
}

/** What gives frames their times. */
export interface TimingSource {
  /** The video that gives times, colours, sound, subtitles, chapters and metadata. */
  source?: VideoInfo;
  /** Frames a second; overrides the times of the source, needed without one. */
  rate?: Rational;
}

/** Clocks that start anywhere: their start is taken off, as players do. */
const BROADCAST_FORMATS = ["mpegts", "mpeg"];

/**
 * Tells how far everything of a source is moved towards zero.
 *
 * @param source The video.
 * @returns Seconds; 0 for files whose clock starts where their maker wanted it.
 */
export function clockShift(source: VideoInfo): number {
  return BROADCAST_FORMATS.includes(source.format) ? source.startTimes.format : 0;
}

/** Times frames at a constant rate from zero. */
function rateTiming(rate: Rational): VideoTiming {
  if (!(rate.num > 0 && rate.den > 0)) {
    throw new VideoOptionsError(
      `Cannot write a video at ${rate.num}/${rate.den} frames a second: it must be above 0.`,
      "Give a positive rate.",
    );
  }
  return {
    timeBase: { num: rate.den, den: rate.num },
    first: 0,
    offset: (index) => index,
    lastDuration: null,
    frames: Infinity,
    constant: true,
    period: Math.round((1e9 * rate.den) / rate.num),
    trackScale: null,
  };
}

/**
 * Times frames at a rate where there is one, else as a source does.
 *
 * @param path The file that gets them, for messages.
 * @param times The rate, or the source.
 * @param millisecondTrack Whether the output stores milliseconds (Matroska, WebM).
 * @returns The timing.
 * @throws {VideoOptionsError} When there is neither, or the rate is not above 0.
 */
export function outputTiming(
  path: string,
  { source, rate }: TimingSource,
  millisecondTrack: boolean,
): VideoTiming {
  if (rate !== undefined) return rateTiming(rate);
  if (source !== undefined) return sourceTiming(source, millisecondTrack);
  throw new VideoOptionsError(
    `Cannot write ${path}: neither a source nor a rate gives the times of its frames.`,
    "Give one of the two.",
  );
}

/**
 * Times frames exactly as a source does.
 *
 * A source whose stamps are what a constant rate rounds to in the output's units is counted by
 * frames, because encoders store that rate; any other is counted in the source's own units.
 *
 * @param source The video that gives the times.
 * @param millisecondTrack Whether the output stores milliseconds (Matroska, WebM).
 * @returns The timing.
 */
export function sourceTiming(source: VideoInfo, millisecondTrack: boolean): VideoTiming {
  const { pts, timeBase, constantRate: rate, averageRate } = source;
  const start = pts[0] ?? 0;
  const shift = Math.round((clockShift(source) * timeBase.den) / timeBase.num);
  const first = start - shift;
  const trackScale = millisecondTrack ? 1000 : timeBase.den;
  if (rate !== null) {
    const unit = { num: rate.den, den: rate.num };
    const firstUnit = (first * timeBase.num * unit.den) / (timeBase.den * unit.num);
    const ticks = (units: number, base: Rational) =>
      Math.round((units * base.num * trackScale) / base.den);
    const onGrid = Number.isInteger(firstUnit) &&
      pts.every((value, index) =>
        ticks(value - shift, timeBase) === ticks(firstUnit + index, unit)
      );
    if (onGrid) {
      return {
        ...rateTiming(rate),
        first: firstUnit,
        frames: pts.length,
        trackScale: trackScale >= 1000 ? trackScale : null,
      };
    }
  }
  return {
    timeBase,
    first,
    offset: (index) => (pts[index] ?? 0) - start,
    lastDuration: source.lastDuration,
    frames: pts.length,
    constant: false,
    period: Math.round((1e9 * averageRate.den) / averageRate.num),
    trackScale,
  };
}
